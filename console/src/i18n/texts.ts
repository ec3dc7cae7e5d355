import type { en } from './en/index.ts';

/** The shape of a language: English's keys, any words. */
export type Texts = Words<typeof en>;
type Words<T> = { readonly [Key in keyof T]: T[Key] extends string ? string : Words<T[Key]> };
