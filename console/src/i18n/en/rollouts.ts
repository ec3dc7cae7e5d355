export const rollouts = {} as const;
