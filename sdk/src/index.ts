/**
 * `@opencota/device`: receive, check, keep and apply remote configurations.
 *
 * This file names the public API; everything else is internal.
 */
export type { BackOff, Cancel, Clock, TimerName } from './clock.ts';
export type { Config } from './config.ts';
export { createDevice, type Device } from './device.ts';
export { DeviceError, type DeviceErrorCode, type DeviceEvent } from './events.ts';
export type { ApplyContext, ApplyReason, ConfigHandler } from './handler.ts';
export type { DeviceOptions, TlsOptions } from './options.ts';
export { DEVICE_REPLY_CODE, type DeviceReplyCode, SDK_VERSION } from './protocol.ts';
