/**
 * What a client can do wrong on the wire, each with the statement of MQTT 3.1.1 it breaks.
 *
 * A fault closes the connection without a word, as MQTT-4.8.0-1 asks. The name is what events and
 * counters carry; the clause is what a firmware engineer looks up. `limit` and `alink` mark rules
 * that are ours or Alink's and not the standard's.
 */
export const FAULT_CLAUSE = {
  'remaining-length-malformed': 'MQTT-2.2.3',
  'packet-too-large': 'limit',
  'packet-too-short': 'MQTT-4.8.0-1',
  'packet-too-long': 'MQTT-4.8.0-1',
  'flags-reserved': 'MQTT-2.2.2-2',
  'packet-id-zero': 'MQTT-2.3.1-1',
  'string-not-utf8': 'MQTT-1.5.3-1',
  'string-with-nul': 'MQTT-1.5.3-2',
  'packet-unexpected': 'MQTT-4.8.0-1',

  'connect-expected': 'MQTT-3.1.0-1',
  'connect-repeated': 'MQTT-3.1.0-2',
  'protocol-name-unknown': 'MQTT-3.1.2-1',
  'protocol-level-unsupported': 'MQTT-3.1.2-2',
  'connect-flag-reserved': 'MQTT-3.1.2-3',
  'will-qos-without-will': 'MQTT-3.1.2-13',
  'will-qos-3': 'MQTT-3.1.2-14',
  'will-retain-without-will': 'MQTT-3.1.2-15',
  'password-without-user-name': 'MQTT-3.1.2-22',

  'publish-qos-3': 'MQTT-3.3.1-4',
  'publish-dup-at-qos-0': 'MQTT-3.3.1-2',
  'publish-qos-2': 'alink',
  'publish-retained': 'alink',
  'publish-payload-too-large': 'limit',
  'topic-empty': 'MQTT-4.7.3-1',
  'topic-with-wildcard': 'MQTT-3.3.2-2',
  'topic-with-control-character': 'MQTT-1.5.3',
  'topic-too-long': 'limit',

  'subscribe-empty': 'MQTT-3.8.3-3',
  'subscribe-too-many-filters': 'limit',
  'subscribe-qos-reserved': 'MQTT-3-8.3-4',
  'unsubscribe-empty': 'MQTT-3.10.3-2',
  'filter-empty': 'MQTT-4.7.3-1',
  'filter-multi-level-misplaced': 'MQTT-4.7.1-2',
  'filter-single-level-misplaced': 'MQTT-4.7.1-3',
  'filter-with-control-character': 'MQTT-1.5.3',

  'frame-not-binary': 'MQTT-6.0.0-1',
} as const;

export type ProtocolFault = keyof typeof FAULT_CLAUSE;
