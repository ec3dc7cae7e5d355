/** An HTTP client that sends the bytes it is given and shows the answer's head as it was spelled. */
import { connect } from 'node:net';

export type RawAnswer = { head: string; headers: string[]; status: number; body: Buffer };

/** Sends a request as the C SDKs do and reads to the end of the announced length. */
export function rawRequest(url: string, lines: readonly string[], method = 'GET'): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(url);
  const request = `${method} ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(request));
    let received = Buffer.alloc(0);
    const finish = () => {
      socket.destroy();
      const answer = parse(received);
      if (answer === undefined) reject(new Error(`no whole answer: ${received.toString('latin1')}`));
      else resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = parse(received);
      if (answer !== undefined && answer.body.length >= announcedLength(answer.headers)) finish();
    });
    socket.once('end', finish);
    socket.once('error', reject);
  });
}

function parse(received: Buffer): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.subarray(0, end).toString('latin1');
  const [first = '', ...headers] = head.split('\r\n');
  return { head, headers, status: Number(first.split(' ')[1]), body: received.subarray(end + 4) };
}

/** Only in the spelling that the C SDKs look for; NaN when it is not there. */
function announcedLength(headers: readonly string[]): number {
  return Number(headers.find((line) => line.startsWith('Content-Length: '))?.slice(16));
}
