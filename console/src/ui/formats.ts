/** Formats of numbers, by language: making one costs about as much as formatting a hundred numbers with it. */
const numbers = new Map<string, Intl.NumberFormat>();

export function numberFormat(language: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const made = numbers.get(key) ?? new Intl.NumberFormat(language, options);
  numbers.set(key, made);
  return made;
}

const times = new Map<string, Intl.DateTimeFormat>();

export function timeFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  const made = times.get(key) ?? new Intl.DateTimeFormat(language, options);
  times.set(key, made);
  return made;
}

const offsets = new Map<string, Intl.RelativeTimeFormat>();

export function offsetFormat(language: string): Intl.RelativeTimeFormat {
  const made = offsets.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  offsets.set(language, made);
  return made;
}
