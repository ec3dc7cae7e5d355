/** Packets built byte by byte, so that they can be wrong in exactly one place. */

export function packet(header: number, ...parts: (Buffer | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([header, ...remainingLength(body.length)]), body]);
}

export function remainingLength(bytes: number): number[] {
  const digits: number[] = [];
  let rest = bytes;
  do {
    const digit = rest % 128;
    rest = Math.floor(rest / 128);
    digits.push(rest > 0 ? digit | 0x80 : digit);
  } while (rest > 0);
  return digits;
}

/** A length-prefixed string, from text or from bytes that are no text. */
export function string(value: string | number[]): Buffer {
  const bytes = Buffer.from(typeof value === 'string' ? Buffer.from(value) : value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

export type ConnectParts = {
  header?: number;
  name?: string;
  level?: number;
  flags?: number;
  keepAlive?: number;
  payload?: Buffer[];
};

/** A CONNECT that is right unless told otherwise: user name and password, no will. */
export function connectBytes(parts: ConnectParts = {}): Buffer {
  const { header = 0x10, name = 'MQTT', level = 4, flags = 0xc2, keepAlive = 60 } = parts;
  const payload = parts.payload ?? [string('id|securemode=3|'), string('lamp-1&a1Product01'), string('00')];
  return packet(header, string(name), [level, flags], uint16(keepAlive), ...payload);
}
