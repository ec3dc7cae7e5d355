/** The least work argon2 takes: most tests are about what is done with a password, not about its hash. */
export const CHEAP_PASSWORDS = { memoryKib: 8, passes: 1, parallelism: 1 };
