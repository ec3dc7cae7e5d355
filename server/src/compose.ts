/**
 * How the services are made of one another. Nothing here opens, listens or loops; `app.ts` does.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { Connections } from './descriptors.ts';
import type { Sealer } from './domain/sealer.ts';
import type { Store } from './domain/store-port.ts';
import type { Services } from './http/api.ts';
import { createSchemaChecker } from './json/schema-check.ts';
import { createMqttGateway } from './mqtt/gateway.ts';
import { createEvents } from './observe/events.ts';
import type { Metrics } from './observe/metrics.ts';
import { createMqttEvents } from './observe/mqtt-events.ts';
import type { Storage } from './observe/storage.ts';
import { programVersion } from './program-version.ts';
import { createAccountService } from './service/accounts.ts';
import { createAuditService } from './service/audit.ts';
import { createConfigSchemaService } from './service/config-schemas.ts';
import { createContentCache } from './service/content-cache.ts';
import { createDeviceCore } from './service/device-core.ts';
import { createDeviceImport } from './service/device-import.ts';
import { createDeviceRegistration } from './service/device-registration.ts';
import { createDeviceService } from './service/devices.ts';
import { createDraftService } from './service/drafts.ts';
import { createIdentityService } from './service/identify.ts';
import { createInlineContents } from './service/inline-contents.ts';
import { createLinkService } from './service/links.ts';
import type { Parts } from './service/parts.ts';
import { createPasswords, type PasswordCost } from './service/passwords.ts';
import { createProductCache } from './service/product-cache.ts';
import { createProductService } from './service/products.ts';
import { createReconciler, type Reconciler } from './service/reconciler.ts';
import { createRecorder } from './service/recorder.ts';
import { createRevokedDevices } from './service/revoked-devices.ts';
import { createRolloutService } from './service/rollouts.ts';
import { createSendAgain } from './service/send-again.ts';
import { createServerInfo, type ServerAddresses } from './service/server-info.ts';
import type { ServiceClock } from './service/service-clock.ts';
import { createSessionDirectory } from './service/session-directory.ts';
import { createSignInService } from './service/sign-in.ts';
import { createSignInCodes } from './service/sign-in-codes.ts';
import { createStepUpService } from './service/step-up.ts';
import { createTestMessages } from './service/test-messages.ts';
import { createTokenService } from './service/tokens.ts';
import { createVersionService } from './service/versions.ts';
import { type CodeChannels, createChannels } from './stepup/channels.ts';

export type Foundation = {
  config: Config;
  log: Logger;
  print(line: string): unknown;
  store: Store;
  clock: ServiceClock;
  sealer: Sealer;
  metrics: Metrics;
  storage(): Storage;
  connections: Connections;
  /** Less work per password, for tests. */
  passwordCost?: PasswordCost;
};

export function composeServices(foundation: Foundation) {
  const { config, store, clock, metrics } = foundation;
  const devices = composeDevices(foundation);
  const { parts, links, reconciler } = devices;
  const carryOn = () => reconciler.carryOn();
  const channels = createChannels(config.stepUp, foundation.print);
  const people = composePeople(foundation, channels);
  const schemas = createSchemaChecker();
  // Known when everything is open.
  let addresses: ServerAddresses = { publicUrl: '', mqttPort: null, mqttsPort: null };
  const services: Services = {
    ...people,
    audit: createAuditService({ store, clock }),
    products: createProductService({ ...parts, onChanged: () => reconciler.wake() }),
    drafts: createDraftService(parts),
    schemas: createConfigSchemaService({ ...parts, schemas }),
    versions: createVersionService({ ...parts, schemas }),
    devices: createDeviceService({ ...parts, gateway: devices.gateway, revoked: devices.revoked }),
    deviceImport: createDeviceImport(parts),
    registration: createDeviceRegistration({ ...parts, sessions: devices.sessions }),
    rollouts: createRolloutService({ ...parts, requireVerified: people.stepUp.requireVerified, carryOn }),
    sendAgain: createSendAgain({ ...parts, carryOn }),
    server: createServerInfo({
      clock,
      channels,
      version: programVersion(),
      settings: config.settings,
      storage: foundation.storage,
      addresses: () => addresses,
    }),
    testMessages: createTestMessages({ store, clock, channels }),
    links,
    reconciler,
    metrics,
  };
  const setAddresses = (open: ServerAddresses) => {
    addresses = open;
  };
  const { gateway, recorder, setPublicUrl } = devices;
  return {
    services,
    schemas,
    gateway,
    recorder,
    reconciler,
    events: parts.events,
    setPublicUrl,
    setAddresses,
  };
}

/** What devices meet: the gateway, the core behind it, links, and the loop that pushes. */
function composeDevices({ config, log, store, clock, sealer, metrics, connections }: Foundation) {
  const events = createEvents(log, metrics);
  const products = createProductCache(store);
  const parts: Parts = { store, clock, sealer, products, events };
  const replica = randomUUID();
  const sessions = createSessionDirectory();
  const revoked = createRevokedDevices(clock);
  // The loop and the address are known last; nobody asks for either before.
  let reconciler: Reconciler | undefined;
  let publicUrl = '';
  const recorder = createRecorder({
    store,
    clock,
    replica,
    events,
    onRecorded: (productIds) => reconciler?.reported(productIds),
  });
  const contents = createContentCache(store);
  const inline = createInlineContents(contents);
  const links = createLinkService({
    ...parts,
    contents,
    revoked,
    recorder,
    publicUrl: () => publicUrl,
  });
  const core = createDeviceCore({ ...parts, links, inline, recorder, sessions });
  const limits = {
    keepAliveSecondsMin: config.keepAliveSecondsMin,
    connectionsMax: connections.mqtt,
  };
  const { isPlainRegistrationAllowed } = config;
  const mqttEvents = createMqttEvents(log, metrics);
  const gateway = createMqttGateway({ core, events: mqttEvents, limits, isPlainRegistrationAllowed });
  reconciler = createReconciler({ ...parts, clock, replica, gateway, links, inline, sessions });
  const setPublicUrl = (url: string) => {
    publicUrl = url;
  };
  return { parts, sessions, links, recorder, gateway, revoked, reconciler, setPublicUrl };
}

function composePeople({ store, clock, sealer, passwordCost }: Foundation, channels: CodeChannels) {
  const passwords = createPasswords(passwordCost === undefined ? {} : { cost: passwordCost });
  return {
    accounts: createAccountService({ store, clock, sealer, passwords }),
    signIn: createSignInService({ store, clock, passwords }),
    signInCodes: createSignInCodes({ store, clock }),
    identity: createIdentityService({ store, clock }),
    tokens: createTokenService({ store, clock }),
    stepUp: createStepUpService({ store, clock, sealer, channels }),
  };
}
