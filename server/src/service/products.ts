/** Products: create, change, the switch (R1, R2). */
import { randomBytes } from 'node:crypto';
import { PRODUCT_KEY_PATTERN } from '@opencota/contract/alink/topics';
import { DomainError } from '../domain/errors.ts';
import {
  ATTEMPT_TIMEOUT_SECONDS_DEFAULT,
  CONFIG_BYTES_DEFAULT,
  COOL_DOWN_SECONDS_DEFAULT,
  DEADLINE_SECONDS_DEFAULT,
} from '../domain/limits.ts';
import type { Actor } from '../domain/people.ts';
import type { Product, ProductSettings, ProductStanding } from '../domain/product.ts';
import type { PageOf, Tx } from '../domain/store-port.ts';
import { auditEntry, demand, recordingRefusals } from './audited.ts';
import { type Parts, productPurpose } from './parts.ts';
import { writeAs } from './write-as.ts';

/** `productSecret`: the one fielded devices already know, when a product moves here from another service. */
export type NewProduct = { name: string; productKey?: string; productSecret?: string };

/** A product with how far its rollouts are. */
export type ProductOverview = { product: Product; standing: ProductStanding };
/** … and what its page shows first. */
export type ProductPage = ProductOverview & { usage: { version: number; deviceCount: number }[] };

const NOTHING_YET: ProductStanding = { onRolledOutVersion: 0, latestRollout: null };

const USAGE_VERSIONS_MAX = 20;
/** Alink's product keys have eleven characters. */
const PRODUCT_KEY_CHARS = 11;
const SECRET_BYTES = 16;

const SETTINGS_OF_A_NEW_PRODUCT: Omit<ProductSettings, 'name'> = {
  isEnabled: false,
  coolDownSeconds: COOL_DOWN_SECONDS_DEFAULT,
  doneWhen: 'downloaded',
  requestPolicy: 'saved',
  configBytesMax: CONFIG_BYTES_DEFAULT,
  attemptTimeoutSeconds: ATTEMPT_TIMEOUT_SECONDS_DEFAULT,
  deadlineSeconds: DEADLINE_SECONDS_DEFAULT,
  isRegistrationAllowed: false,
  isUnknownDeviceAllowed: false,
  isStrongSignRequired: false,
  retentionVersions: null,
};

/** People read it in lists, messages and log lines: it has something to read, and nothing that breaks a line. */
function demandName(name: string): void {
  if (name.trim() !== '' && !/\p{Cc}/u.test(name)) return;
  throw new DomainError(
    'invalid-request',
    'The name of a product needs a character to read, and no control characters.',
    {
      member: 'name',
    },
  );
}

/** Thirty-two hex digits: 128 bits, and the form Alink's secrets have. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

/** A secret that somebody brings along: no blanks, no control characters, and not shorter than Alink's own. */
export const GIVEN_SECRET_PATTERN = /^[\x21-\x7e]{16,64}$/;
export const GIVEN_SECRET_RULE = 'a secret that is brought along must have 16 to 64 visible ASCII characters';

/** The product with this key, or the refusal that names it. */
export async function getProduct(tx: Tx, productKey: string): Promise<Product> {
  const product = await tx.products.find(productKey);
  if (product === undefined)
    throw new DomainError(
      'product-not-found',
      `There is no product with the key ${JSON.stringify(productKey)}.`,
    );
  return product;
}

export function demandSwitchOn({ isEnabled, productKey }: Product): void {
  if (isEnabled) return;
  throw new DomainError(
    'switch-off',
    `Remote configuration of product ${productKey} is off. Turn the switch on first.`,
  );
}

async function overviewOf(tx: Tx, products: readonly Product[]): Promise<ProductOverview[]> {
  const standings = await tx.products.listStandings(products.map(({ id }) => id));
  return products.map((product) => ({ product, standing: standings.get(product.id) ?? NOTHING_YET }));
}

export type ProductService = ReturnType<typeof createProductService>;

export function createProductService(parts: Parts & { onChanged(): void }) {
  const { store, clock, sealer, products, onChanged } = parts;
  return {
    async create(actor: Actor, input: NewProduct): Promise<ProductOverview & { productSecret: string }> {
      const productKey = input.productKey ?? createProductKey();
      const deed = { action: 'product.create', productKey, target: productKey };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'products:write');
        if (!PRODUCT_KEY_PATTERN.test(productKey)) {
          throw new DomainError('invalid-request', 'productKey must be 1 to 64 letters and digits.', {
            member: 'productKey',
          });
        }
        demandName(input.name);
        const productSecret = input.productSecret ?? createSecret();
        if (!GIVEN_SECRET_PATTERN.test(productSecret))
          throw new DomainError('invalid-request', `productSecret: ${GIVEN_SECRET_RULE}.`);
        const at = clock.now().wallMs;
        const product = await writeAs(store, actor, async (tx) => {
          const created = await tx.products.create({
            productKey,
            secretSealed: sealer.seal(productPurpose(productKey), productSecret),
            settings: { ...SETTINGS_OF_A_NEW_PRODUCT, name: input.name },
            createdAt: at,
          });
          await tx.audit.append(auditEntry(actor, deed, at, { name: input.name }));
          return created;
        });
        return { product, standing: NOTHING_YET, productSecret };
      });
    },

    async list(actor: Actor, page: PageOf<string>): Promise<ProductOverview[]> {
      demand(actor, 'read');
      return store.read(async (tx) => overviewOf(tx, await tx.products.list(page)));
    },

    async get(actor: Actor, productKey: string): Promise<ProductPage> {
      demand(actor, 'read');
      return store.read(async (tx) => {
        const product = await getProduct(tx, productKey);
        const [overview] = await overviewOf(tx, [product]);
        return { ...overview!, usage: await tx.products.listUsage(product.id, USAGE_VERSIONS_MAX) };
      });
    },

    /** Changes settings; turning the switch off pauses what runs (R1). `ifRevision` null: whatever is there. */
    async update(
      actor: Actor,
      productKey: string,
      change: Partial<ProductSettings>,
      ifRevision: number | null,
    ): Promise<ProductOverview> {
      const isSwitch = change.isEnabled !== undefined;
      const deed = { action: isSwitch ? 'product.switch' : 'product.update', productKey, target: productKey };
      return recordingRefusals(parts, actor, deed, async () => {
        if (isSwitch) demand(actor, 'products:switch');
        if (!isSwitch || Object.keys(change).length > 1) demand(actor, 'products:write');
        if (change.name !== undefined) demandName(change.name);
        const at = clock.now().wallMs;
        const { overview, paused } = await writeAs(store, actor, async (tx) => {
          const before = await getProduct(tx, productKey);
          if (ifRevision !== null && before.revision !== ifRevision) {
            throw new DomainError(
              'precondition-failed',
              'The product was changed meanwhile. Read it again and repeat your change.',
            );
          }
          const { id } = before;
          const after = await tx.products.update(id, { ...before, ...change });
          const stopped =
            before.isEnabled && !after.isEnabled ? await tx.rollouts.pauseAll(id, 'switch-off') : [];
          const detail = {
            before: pick(before, change),
            after: pick(after, change),
            pausedRollouts: stopped,
          };
          await tx.audit.append(auditEntry(actor, deed, at, detail));
          const [changed] = await overviewOf(tx, [after]);
          return { overview: changed!, paused: stopped };
        });
        await products.refresh(overview.product.id);
        for (const id of paused) {
          parts.events.rolloutDecided({
            id,
            productKey,
            kind: 'pause',
            reason: 'remote configuration of the product was turned off',
          });
        }
        onChanged();
        return overview;
      });
    },

    /** A new product secret, shown once. Devices that registered keep working; new ones need the new secret. */
    async rotateSecret(actor: Actor, productKey: string): Promise<{ productSecret: string }> {
      const deed = { action: 'product.rotate-secret', productKey, target: productKey };
      return recordingRefusals(parts, actor, deed, async () => {
        demand(actor, 'products:write');
        const productSecret = createSecret();
        await writeAs(store, actor, async (tx) => {
          const { id } = await getProduct(tx, productKey);
          await tx.products.setSecret(id, sealer.seal(productPurpose(productKey), productSecret));
          await tx.audit.append(auditEntry(actor, deed, clock.now().wallMs));
        });
        return { productSecret };
      });
    },
  };
}

const KEY_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Eleven characters without look-alikes; the first is a letter. */
function createProductKey(): string {
  const letters = [...randomBytes(PRODUCT_KEY_CHARS)].map((byte) => KEY_LETTERS[byte % KEY_LETTERS.length]);
  return `a1${letters.slice(2).join('')}`;
}

/** The log is read by people who know the names of the API. */
const LOGGED_AS: Partial<Record<keyof ProductSettings, string>> = {
  isEnabled: 'enabled',
  isRegistrationAllowed: 'registrationAllowed',
  isUnknownDeviceAllowed: 'unknownDevicesAllowed',
  isStrongSignRequired: 'strongSignRequired',
};

function pick(settings: ProductSettings, change: Partial<ProductSettings>): Record<string, unknown> {
  // The keys of a Partial<ProductSettings> are keys of ProductSettings.
  const keys = Object.keys(change) as (keyof ProductSettings)[];
  return Object.fromEntries(keys.map((key) => [LOGGED_AS[key] ?? key, settings[key]]));
}
