/** The states of a delivery, in the order of a bar: what is done, under way, waiting, went wrong. */
export const DELIVERY_STATES = [
  'applied',
  'downloaded',
  'received',
  'sent',
  'pending',
  'failed',
  'reverted',
  'timedOut',
  'unreached',
  'cancelled',
  'superseded',
] as const;
