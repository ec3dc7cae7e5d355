/**
 * The typed client of the HTTP API: one method per call, typed by the schemas the server answers by.
 *
 * It adds nothing to the API and hides nothing of it; `send`, `json` and `probe` reach what has no method here.
 */
import type { Static, TSchema } from 'typebox';
import type * as devices from './devices.ts';
import { readEvents } from './event-stream.ts';
import type * as people from './people.ts';
import type * as products from './products.ts';
import type * as rollouts from './rollouts.ts';
import type * as server from './server.ts';
import { type ClientOptions, createTransport, type Page, path, type Transport } from './transport.ts';

export {
  ApiProblem,
  type ApiRequest,
  ApiUnreachable,
  type ClientOptions,
  type Page,
  pages,
} from './transport.ts';

type View<Schema extends TSchema> = Static<Schema>;
export type PageOptions = { limit?: number | undefined; cursor?: string | undefined };
/** `etag` guards the write: the one that was read, or `*` for whatever is there. */
export type Raw = { content: Uint8Array; etag: string };
export type Once = { idempotencyKey?: string };
export type RolloutAction = 'pause' | 'resume' | 'cancel' | 'retry-failed';
export type RolloutEvent = { kind: 'progress' | 'end'; rollout: rollouts.RolloutView };

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions) {
  const transport = createTransport(options);
  return {
    ...transport,
    session: sessionCalls(transport),
    signInCodes: signInCodeCalls(transport),
    users: userCalls(transport),
    tokens: tokenCalls(transport),
    products: productCalls(transport),
    drafts: rawCalls<View<typeof products.DraftWritten>>(transport, 'draft'),
    schemas: rawCalls<View<typeof products.SchemaWritten>>(transport, 'schema'),
    versions: versionCalls(transport),
    devices: deviceCalls(transport),
    rollouts: rolloutCalls(transport),
    server: serverCalls(transport),
    audit: {
      list: (query: PageOptions & { productKey?: string; actor?: string; action?: string } = {}) =>
        transport.json<Page<View<typeof people.AuditView>>>({ method: 'GET', path: '/audit', query }),
    },
  };
}

function sessionCalls({ json, done }: Transport) {
  return {
    create: (body: View<typeof people.SignInBody>) =>
      json<View<typeof people.SessionView>>({ method: 'POST', path: '/session', json: body }),
    get: () => json<View<typeof people.WhoView>>({ method: 'GET', path: '/session' }),
    remove: () => done({ method: 'DELETE', path: '/session' }),
    changePassword: (body: View<typeof people.PasswordBody>) =>
      json<people.UserView>({ method: 'PUT', path: '/session/password', json: body }),
    /** A secret for an authenticator app; it counts once its first code confirmed it. */
    beginTotp: (body: View<typeof people.CurrentPasswordBody>) =>
      json<View<typeof people.TotpBegun>>({ method: 'POST', path: '/session/totp', json: body }),
    confirmTotp: (body: View<typeof people.TotpBody>) =>
      json<View<typeof people.RecoveryCodes>>({ method: 'POST', path: '/session/totp/confirm', json: body }),
    removeTotp: (body: View<typeof people.CurrentPasswordBody>) =>
      done({ method: 'POST', path: '/session/totp/remove', json: body }),
    /** Sends a code. Without a body: for the push that was last refused in this session. */
    sendChallenge: (body: View<typeof people.StepUpBody> = {}) =>
      json<View<typeof people.ChallengeView>>({ method: 'POST', path: '/step-up', json: body }),
    answerChallenge: (challengeId: string, body: View<typeof people.CodeBody>) =>
      json<View<typeof people.VerifiedView>>({
        method: 'POST',
        path: path('step-up', challengeId),
        json: body,
      }),
  };
}

function signInCodeCalls({ json, done }: Transport) {
  return {
    begin: () => json<View<typeof people.SignInCodeBegun>>({ method: 'POST', path: '/sign-in-codes' }),
    claim: (secret: string) =>
      json<View<typeof people.ClaimView>>({
        method: 'POST',
        path: '/sign-in-codes/claim',
        json: { secret },
      }),
    get: (code: string) =>
      json<View<typeof people.SignInCodeView>>({ method: 'GET', path: path('sign-in-codes', code) }),
    decide: (code: string, body: View<typeof people.SignInDecision>) =>
      done({ method: 'POST', path: path('sign-in-codes', code, 'decision'), json: body }),
  };
}

function userCalls({ json, done }: Transport) {
  return {
    list: (query: PageOptions = {}) => json<Page<people.UserView>>({ method: 'GET', path: '/users', query }),
    create: (body: View<typeof people.NewUserBody>) =>
      json<View<typeof people.NewUserView>>({ method: 'POST', path: '/users', json: body }),
    get: (username: string) => json<people.UserView>({ method: 'GET', path: path('users', username) }),
    update: (username: string, body: View<typeof people.UserPatch>) =>
      json<people.UserView>({ method: 'PATCH', path: path('users', username), json: body }),
    remove: (username: string) => done({ method: 'DELETE', path: path('users', username) }),
    resetPassword: (username: string) =>
      json<{ oneTimePassword: string }>({ method: 'POST', path: path('users', username, 'reset-password') }),
    resetTotp: (username: string) => done({ method: 'POST', path: path('users', username, 'reset-totp') }),
  };
}

function tokenCalls({ json, done }: Transport) {
  return {
    list: (query: PageOptions = {}) =>
      json<Page<View<typeof people.TokenView>>>({ method: 'GET', path: '/tokens', query }),
    create: (body: View<typeof people.NewTokenBody>) =>
      json<View<typeof people.NewTokenView>>({ method: 'POST', path: '/tokens', json: body }),
    remove: (id: number) => done({ method: 'DELETE', path: path('tokens', id) }),
  };
}

function productCalls({ json }: Transport) {
  return {
    list: (query: PageOptions = {}) =>
      json<Page<products.ProductView>>({ method: 'GET', path: '/products', query }),
    create: (body: View<typeof products.NewProductBody>) =>
      json<View<typeof products.NewProductView>>({ method: 'POST', path: '/products', json: body }),
    get: (productKey: string) =>
      json<View<typeof products.ProductDetail>>({ method: 'GET', path: path('products', productKey) }),
    update: (productKey: string, body: products.ProductPatch) =>
      json<products.ProductView>({ method: 'PATCH', path: path('products', productKey), json: body }),
    rotateSecret: (productKey: string) =>
      json<View<typeof products.ProductSecretView>>({
        method: 'POST',
        path: path('products', productKey, 'rotate-secret'),
      }),
    /** What a save would say about this text. Throws its refusal. */
    validate: (productKey: string, content: string | Uint8Array) =>
      json<{ warnings: View<typeof products.ConfigProblemView>[] }>({
        method: 'POST',
        path: path('products', productKey, 'validate'),
        raw: { content, type: 'application/json' },
      }),
  };
}

const ifMatch = (etag: string): Record<string, string> => ({ 'if-match': etag });

/** The draft and the schema: texts that are kept byte for byte and guarded by an ETag. */
function rawCalls<Written>({ send, json, done }: Transport, kind: 'draft' | 'schema') {
  const at = (productKey: string) => path('products', productKey, kind);
  return {
    async get(productKey: string): Promise<Raw> {
      const response = await send({ method: 'GET', path: at(productKey) });
      return { content: await bytesOf(response), etag: response.headers.get('etag') ?? '"0"' };
    },
    put: (productKey: string, { content, etag }: { content: string | Uint8Array; etag: string }) =>
      json<Written>({
        method: 'PUT',
        path: at(productKey),
        raw: { content, type: 'application/json' },
        headers: ifMatch(etag),
      }),
    remove: (productKey: string, etag: string) =>
      done({ method: 'DELETE', path: at(productKey), headers: ifMatch(etag) }),
  };
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

function versionCalls({ send, json }: Transport) {
  const at = (productKey: string, ...more: (string | number)[]) =>
    path('products', productKey, 'versions', ...more);
  return {
    list: (productKey: string, query: PageOptions = {}) =>
      json<Page<products.VersionView>>({ method: 'GET', path: at(productKey), query }),
    get: (productKey: string, number: number) =>
      json<products.VersionView>({ method: 'GET', path: at(productKey, number) }),
    content: async (productKey: string, number: number) =>
      bytesOf(await send({ method: 'GET', path: at(productKey, number, 'content') })),
    /** Saves the draft as the next version. Sends nothing. */
    create: (productKey: string, { idempotencyKey, ...body }: View<typeof products.SaveBody> & Once = {}) =>
      json<View<typeof products.SavedView>>({
        method: 'POST',
        path: at(productKey),
        json: body,
        headers: once(idempotencyKey),
      }),
    restore: (productKey: string, number: number, etag?: string) =>
      json<View<typeof products.DraftRestored>>({
        method: 'POST',
        path: at(productKey, number, 'restore'),
        headers: etag === undefined ? {} : ifMatch(etag),
      }),
    diff: (productKey: string, query: { from: number; to: number }) =>
      json<View<typeof products.DiffView>>({ method: 'GET', path: at(productKey, 'diff'), query }),
  };
}

function deviceCalls({ json, done }: Transport) {
  const at = (productKey: string, ...more: string[]) => path('products', productKey, 'devices', ...more);
  type Filter = PageOptions & Omit<View<typeof devices.DeviceQuery>, 'limit' | 'cursor'>;
  return {
    list: (productKey: string, query: Filter = {}) =>
      json<Page<devices.DeviceListView>>({ method: 'GET', path: at(productKey), query }),
    create: (productKey: string, body: View<typeof devices.NewDeviceBody>) =>
      json<View<typeof devices.NewDeviceView>>({ method: 'POST', path: at(productKey), json: body }),
    import: (productKey: string, csv: string | Uint8Array) =>
      json<View<typeof devices.ImportView>>({
        method: 'POST',
        path: at(productKey, 'bulk'),
        raw: { content: csv, type: 'text/csv' },
      }),
    get: (productKey: string, deviceName: string) =>
      json<View<typeof devices.DeviceDetailView>>({ method: 'GET', path: at(productKey, deviceName) }),
    update: (productKey: string, deviceName: string, body: View<typeof devices.DevicePatch>) =>
      json<devices.DeviceView>({ method: 'PATCH', path: at(productKey, deviceName), json: body }),
    remove: (productKey: string, deviceName: string) =>
      done({ method: 'DELETE', path: at(productKey, deviceName) }),
    rotateSecret: (productKey: string, deviceName: string, body: View<typeof devices.RotateBody> = {}) =>
      json<View<typeof devices.DeviceSecretView>>({
        method: 'POST',
        path: at(productKey, deviceName, 'rotate-secret'),
        json: body,
      }),
    /** Brings the product's newest rollout to this device again now. Not a new push. */
    send: (productKey: string, deviceName: string) =>
      json<View<typeof devices.DeviceDetailView>>({
        method: 'POST',
        path: at(productKey, deviceName, 'send'),
      }),
    listDeliveries: (productKey: string, deviceName: string, query: PageOptions = {}) =>
      json<Page<View<typeof devices.DeliveryView>>>({
        method: 'GET',
        path: at(productKey, deviceName, 'deliveries'),
        query,
      }),
  };
}

function serverCalls({ json }: Transport) {
  return {
    get: () => json<server.ServerView>({ method: 'GET', path: '/server' }),
    /** To the caller's own telephone or mailbox. */
    sendTestMessage: (body: View<typeof server.TestMessageBody>) =>
      json<View<typeof server.TestMessageView>>({
        method: 'POST',
        path: '/server/test-message',
        json: body,
      }),
  };
}

function once(idempotencyKey: string | undefined): Record<string, string> {
  return idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
}

function rolloutCalls({ json, open }: Transport) {
  type Deliveries = PageOptions & Omit<View<typeof devices.DeliveryQuery>, 'limit' | 'cursor'>;
  return {
    list: (productKey: string, query: PageOptions = {}) =>
      json<Page<rollouts.RolloutView>>({
        method: 'GET',
        path: path('products', productKey, 'rollouts'),
        query,
      }),
    preview: (productKey: string, version: number) =>
      json<View<typeof rollouts.PreviewView>>({
        method: 'POST',
        path: path('products', productKey, 'rollouts', 'preview'),
        json: { version },
      }),
    create: (productKey: string, { idempotencyKey, ...body }: View<typeof rollouts.StartBody> & Once) =>
      json<rollouts.RolloutView>({
        method: 'POST',
        path: path('products', productKey, 'rollouts'),
        json: body,
        headers: once(idempotencyKey),
      }),
    rollBack: (productKey: string, { idempotencyKey, ...body }: View<typeof rollouts.RollBackBody> & Once) =>
      json<View<typeof rollouts.RolledBackView>>({
        method: 'POST',
        path: path('products', productKey, 'roll-back'),
        json: body,
        headers: once(idempotencyKey),
      }),
    get: (id: number) => json<rollouts.RolloutView>({ method: 'GET', path: path('rollouts', id) }),
    act: (id: number, action: RolloutAction) =>
      json<rollouts.RolloutView>({ method: 'POST', path: path('rollouts', id, 'actions', action) }),
    listDeliveries: (id: number, query: Deliveries = {}) =>
      json<Page<View<typeof devices.DeliveryView>>>({
        method: 'GET',
        path: path('rollouts', id, 'deliveries'),
        query,
      }),
    /**
     * Progress, from now until the rollout ends or the connection does: a stream that ends without an
     * `end` is to be opened again. `onAlive` is called for each sign of life.
     */
    async *events(
      id: number,
      { signal, onAlive = () => {} }: { signal: AbortSignal; onAlive?: () => void },
    ): AsyncGenerator<RolloutEvent, void> {
      const response = await open({ method: 'GET', path: path('rollouts', id, 'events'), signal });
      onAlive();
      if (response.body === null) return;
      for await (const { event, data } of readEvents(response.body, onAlive)) {
        onAlive();
        // The contract says that each event is the whole rollout.
        const rollout = JSON.parse(data) as rollouts.RolloutView;
        yield { kind: event === 'end' ? 'end' : 'progress', rollout };
      }
    },
  };
}
