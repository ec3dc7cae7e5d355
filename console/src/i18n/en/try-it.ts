export const tryIt = {} as const;
