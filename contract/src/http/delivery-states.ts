/** The states of a delivery as the API names them (`product.md` 2.4), in the order of its life. */
export const DELIVERY_STATES = [
  'pending',
  'sent',
  'received',
  'downloaded',
  'applied',
  'failed',
  'reverted',
  'timedOut',
  'unreached',
  'cancelled',
  'superseded',
] as const;
