/** Requests as bytes on a socket, and what comes back as bytes: spellings, lengths and rude clients. */
import { connect } from 'node:net';

const ANSWER_MS = 10_000;

export type RawAnswer = {
  status: number;
  /** Status line and header lines, as they came. */
  lines: string[];
  /** Bytes before the body, the blank line included. */
  headBytes: number;
  body: Buffer;
  header(name: string): string | undefined;
};

/** Sends bytes and reads until the server ends the connection. Empty: it ended without a word. */
export function exchange(port: number, text: string | Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(text));
  const timer = setTimeout(() => {
    socket.destroy();
    reject(new Error(`No end of the answer within ${ANSWER_MS} ms: ${Buffer.concat(chunks).toString()}`));
  }, ANSWER_MS);
  // Without an encoding, chunks are buffers.
  socket.on('data', (chunk) => chunks.push(chunk as Buffer));
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(timer);
    resolve(Buffer.concat(chunks));
  });
  return promise;
}

/** One request; `Connection: close` and a Host are added. */
export async function rawRequest(
  port: number,
  method: string,
  path: string,
  headers: readonly string[] = [],
): Promise<RawAnswer> {
  const lines = [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, 'Connection: close', ...headers];
  return parseAnswer(await exchange(port, `${lines.join('\r\n')}\r\n\r\n`));
}

export function parseAnswer(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`Not an HTTP answer: ${JSON.stringify(bytes.toString())}`);
  const lines = bytes.subarray(0, end).toString('latin1').split('\r\n');
  return {
    status: Number(lines[0]!.split(' ')[1]),
    lines,
    headBytes: end + 4,
    body: bytes.subarray(end + 4),
    header(name) {
      const line = lines.find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`));
      return line?.slice(name.length + 1).trim();
    },
  };
}
