/**
 * Makes a PNG smaller without changing a pixel: pages of text compress best when their lines are not filtered,
 * and browsers filter them, in a hurry. Only what Chromium writes is read: 8 bits, RGB, not interlaced.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum. */
const CHUNK_FRAME_BYTES = 12;
const PIXEL_BYTES = 3;
const HEADER = Buffer.from([8, 2, 0, 0, 0]);

type Chunk = { type: string; data: Buffer };

export function packed(png: Buffer): Buffer {
  const chunks = [...chunksOf(png)];
  const header = chunks[0]!.data;
  if (!header.subarray(8).equals(HEADER)) throw new Error('This is not the kind of PNG that is read here.');
  const filtered = inflateSync(
    Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)),
  );
  const lines = unfiltered(filtered, header.readUInt32BE(0) * PIXEL_BYTES);
  return Buffer.concat([
    png.subarray(0, SIGNATURE_BYTES),
    chunkBytes({ type: 'IHDR', data: header }),
    chunkBytes({ type: 'IDAT', data: deflateSync(lines, { level: 9, memLevel: 9 }) }),
    chunkBytes({ type: 'IEND', data: Buffer.alloc(0) }),
  ]);
}

function* chunksOf(png: Buffer): Generator<Chunk> {
  let at = SIGNATURE_BYTES;
  while (at < png.length) {
    const size = png.readUInt32BE(at);
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + size) };
    at += size + CHUNK_FRAME_BYTES;
  }
}

function chunkBytes({ type, data }: Chunk): Buffer {
  const bytes = Buffer.alloc(data.length + CHUNK_FRAME_BYTES);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

/** Each line is led by the number of its filter (PNG, chapter 9); 0: none. */
function unfiltered(lines: Buffer, lineBytes: number): Buffer {
  const whole = lineBytes + 1;
  const out = Buffer.alloc(lines.length);
  for (let start = 0; start < lines.length; start += whole) {
    const filter = lines[start];
    for (let index = 1; index <= lineBytes; index += 1) {
      const at = start + index;
      const left = index > PIXEL_BYTES ? out[at - PIXEL_BYTES]! : 0;
      const up = start > 0 ? out[at - whole]! : 0;
      const corner = start > 0 && index > PIXEL_BYTES ? out[at - whole - PIXEL_BYTES]! : 0;
      out[at] = lines[at]! + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter: number | undefined, left: number, up: number, corner: number): number {
  switch (filter) {
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    case 4:
      return nearest(left, up, corner);
    default:
      return 0;
  }
}

/** Paeth's choice. */
function nearest(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
