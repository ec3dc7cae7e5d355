/**
 * HTTP/1.1 as a device on a chip speaks it: one GET at a time, on a bare socket. A fraction of the cost of
 * `node:http`, so that the load is not what is measured.
 */
import { connect, type Socket } from 'node:net';
import type { Source } from './source.ts';

export type HttpConnectionOptions = { port: number; source: Source };

type Waiting = { resolve: (body: Buffer) => void; reject: (error: Error) => void };

const HEAD_END = '\r\n\r\n';
const LENGTH_HEADER = /\r\nContent-Length: (\d+)\r\n/;

export class HttpConnection {
  readonly #socket: Socket;
  readonly #port: number;
  #waiting: Waiting | undefined;
  #chunks: Buffer[] = [];
  #receivedBytes = 0;
  /** Of head and body; known once the head has come. */
  #expectedBytes = Number.POSITIVE_INFINITY;
  #headBytes = 0;

  constructor({ port, source }: HttpConnectionOptions) {
    this.#port = port;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, ...source() });
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('a download connection was closed')));
  }

  /** @returns the body of an answer that must be 200. */
  get(path: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\n\r\n`, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#headBytes === 0) this.#readHead();
    if (this.#receivedBytes >= this.#expectedBytes) this.#finish();
  }

  #readHead(): void {
    const bytes = this.#joined();
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return;
    const head = bytes.toString('latin1', 0, end + 2);
    const length = LENGTH_HEADER.exec(head)?.[1];
    if (!head.startsWith('HTTP/1.1 200 ') || length === undefined) {
      this.#fail(new Error(`a download was answered with: ${head.slice(0, 80)}`));
      return;
    }
    this.#headBytes = end + HEAD_END.length;
    this.#expectedBytes = this.#headBytes + Number(length);
  }

  #finish(): void {
    const body = this.#joined().subarray(this.#headBytes);
    this.#chunks = [];
    this.#receivedBytes = 0;
    this.#headBytes = 0;
    this.#expectedBytes = Number.POSITIVE_INFINITY;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(body);
  }

  #joined(): Buffer {
    return this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
    this.#socket.destroy();
  }
}
