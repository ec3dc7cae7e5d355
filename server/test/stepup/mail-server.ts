/** As much of an SMTP server as one mail needs, on a real socket of this machine. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type ReceivedMail = {
  from: string;
  to: string[];
  /** The message as sent: header, empty line, body. */
  data: string;
  /** What AUTH PLAIN carried, decoded. */
  credentials: string | undefined;
};

export type MailServer = AsyncDisposable & {
  port: number;
  mails: ReceivedMail[];
  /** Each command line received. */
  lines: string[];
  /** Resolves when every connection made so far has been closed. */
  idle(): Promise<void>;
};

export type MailServerOptions = {
  /** Say nothing at all to a client that connects. */
  isSilent?: boolean;
  /** Answer EHLO with one more line every few milliseconds, and never with the last. */
  isEndless?: boolean;
  /** Answers that replace the usual ones, by the command they answer. */
  answers?: Readonly<Record<string, string>>;
};

export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const lines: string[] = [];
  const closed: Promise<unknown>[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    closed.push(once(socket, 'close'));
    socket.on('error', () => {});
    if (options.isSilent !== true) serve(socket, { mails, lines, options });
    else socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A listening TCP server has an address of this shape.
    port: (server.address() as AddressInfo).port,
    mails,
    lines,
    idle: async () => void (await Promise.all(closed)),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(
  socket: Socket,
  state: { mails: ReceivedMail[]; lines: string[]; options: MailServerOptions },
): void {
  const { answers = {}, isEndless = false } = state.options;
  let mail: ReceivedMail = { from: '', to: [], data: '', credentials: undefined };
  let isData = false;
  let pending = '';
  const usual: Readonly<Record<string, string>> = {
    EHLO: '250-stand-in\r\n250 AUTH PLAIN',
    AUTH: '235 welcome',
    STARTTLS: '502 unknown',
    DATA: '354 go on',
    QUIT: '221 bye',
  };
  const onLine = (line: string): void => {
    if (isData) {
      if (line !== '.') {
        mail.data += `${line}\r\n`;
        return;
      }
      isData = false;
      state.mails.push(mail);
      mail = { from: '', to: [], data: '', credentials: undefined };
      socket.write(`${answers['.'] ?? '250 taken'}\r\n`);
      return;
    }
    state.lines.push(line);
    const command = line.split(/[ :]/, 1)[0] ?? '';
    if (command === 'MAIL') mail.from = line;
    if (command === 'RCPT') mail.to.push(line);
    if (command === 'AUTH')
      mail.credentials = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8');
    if (isEndless && command === 'EHLO') {
      const talking = setInterval(() => socket.write('250-more\r\n'), 5);
      socket.on('close', () => clearInterval(talking));
      return;
    }
    const answer = answers[command] ?? usual[command] ?? '250 ok';
    isData = command === 'DATA' && answer.startsWith('354');
    socket.write(`${answer}\r\n`);
    if (command === 'QUIT') socket.end();
  };
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const parts = (pending + text).split('\r\n');
    pending = parts.pop() ?? '';
    for (const line of parts) onLine(line);
  });
  socket.write('220 stand-in\r\n');
}
