/** What the benchmark's processes say to one another over IPC. */
import type { Identity } from '../src/alink.ts';

/** The program under test, the least program that does the same wire work, and a broker for the part it can do. */
export type SideName = 'server' | 'floor' | 'mosquitto';

export type Ports = { mqttPort: number; httpPort: number };

/** What a load process does with all of its devices. */
export type LoadTask =
  /** `takesInline`: as devices that take contents in the message. */
  | { kind: 'connect'; takesInline: boolean }
  | { kind: 'disconnect' }
  | { kind: 'request'; perDevice: number }
  | { kind: 'download'; isKeptAlive: boolean }
  /** Waits for a push on each device, then downloads, unless the content is in it, and replies. */
  | { kind: 'rollout'; isInline: boolean };

export type LoadCommand =
  /** Makes the devices known and their CONNECT packets ready. `sourceAddress`: see `load-processes.ts`. */
  | { kind: 'open'; side: SideName; devices: Identity[]; sourceAddress: string | null }
  /** Gets ready for a task; nothing is sent before `go`. */
  | { kind: 'prepare'; side: SideName; ports: Ports; task: LoadTask }
  | { kind: 'go' };

export type LoadAnswer =
  | { kind: 'ready' }
  | { kind: 'done'; operations: number; cpuMs: number; wallMs: number }
  /** One failure spoils the measurement: a refused device is a fast one. */
  | { kind: 'failed'; reason: string };

export type FloorCommand = { kind: 'open'; devices: Identity[]; configuration: string } | { kind: 'push' };

export type FloorAnswer = { kind: 'ready'; ports: Ports };
