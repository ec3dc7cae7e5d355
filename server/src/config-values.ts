/** A setting and its value: what the readers of settings share. */
import { DomainError } from './domain/errors.ts';

export type Setting = { default: string; meaning: string; isSecret?: true };
/** Every setting of a table has a value, its own or its default. */
export type Values<Name extends string> = Readonly<Record<Name, string>>;

/** Stops the start. The message begins with the setting's name. */
export function wrong(name: string, what: string): DomainError {
  return new DomainError('unavailable', `${name} ${what}`);
}

export function readInteger<Name extends string>(
  values: Values<Name>,
  name: Name,
  min: number,
  max: number,
): number {
  const value = Number(values[name]);
  if (!/^[0-9]{1,9}$/.test(values[name]) || value < min || value > max) {
    throw wrong(name, `is "${values[name]}", but must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

export function readChoice<Name extends string>(
  values: Values<Name>,
  name: Name,
  choices: readonly string[],
): string {
  if (!choices.includes(values[name]))
    throw wrong(name, `is "${values[name]}", but must be one of ${choices.join(', ')}.`);
  return values[name];
}
