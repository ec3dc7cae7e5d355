/** Every text the demo shows, in English and Chinese. Names, codes and what devices say stay as they are. */
import type { DeliveryState, Role } from './scenario.ts';

export type StepName = 'server' | 'signIn' | 'product' | 'devices' | 'config' | 'push' | 'stepUp' | 'rollout';

export type Texts = {
  title(devices: number): string;
  subtitle: string;
  steps: Readonly<Record<StepName, string>>;
  states: Readonly<Record<DeliveryState, string>>;
  starting: string;
  server(httpPort: number, mqttPort: number): string;
  signingIn: string;
  signedIn: string;
  creating: string;
  product(name: string, productKey: string): string;
  connecting(devices: number): string;
  online(counts: { devices: number; online: number; late: number; isSdk: boolean }): string;
  saving: string;
  saved(file: string, bytes: number, version: number): string;
  pushing: string;
  refused: string;
  asking: string;
  code(code: string): string;
  accepted(version: number, devices: number): string;
  following: string;
  switchedOn(names: string): string;
  settled(seconds: string): string;
  outcome: string;
  devices: string;
  meaning: string;
  meanings: Readonly<Record<Role, string>>;
  others: string;
  says(words: string): string;
  linkSdkSays: string;
  lateSays: string;
  more(count: number): string;
  firstConfirmed(seconds: string): string;
  neverConfirmed: string;
  allDone(seconds: string): string;
  asExpected: string;
  notAsExpected: string;
  expected(expected: string, found: string): string;
  missing: string;
  where: string;
  reference: string;
  rollout: string;
  account: string;
  data: string;
  stop: string;
  stopping: string;
  stopped: string;
  logTail: string;
};

const ENGLISH: Texts = {
  title: (devices) => `OpenCOTA demo: ${devices} thermostats, one new configuration`,
  subtitle: 'Everything below is real: server, MQTT, HTTP, devices. It runs on this machine only.',
  steps: {
    server: 'Server',
    signIn: 'Sign-in',
    product: 'Product',
    devices: 'Devices',
    config: 'Configuration',
    push: 'Push',
    stepUp: 'Step-up',
    rollout: 'Rollout',
  },
  states: {
    pending: 'pending',
    sent: 'sent',
    received: 'received',
    downloaded: 'downloaded',
    applied: 'applied',
    failed: 'failed',
    reverted: 'reverted',
    timedOut: 'timed out',
    unreached: 'unreached',
    cancelled: 'cancelled',
    superseded: 'superseded',
  },
  starting: 'starting with fresh data',
  server: (httpPort, mqttPort) => `fresh data, http ${httpPort}, mqtt ${mqttPort}`,
  signingIn: 'reading the one-time password from the log',
  signedIn: 'one-time password from the log, replaced by our own',
  creating: 'creating a product',
  product: (name, productKey) => `${name} (${productKey}), schema set, remote configuration on`,
  connecting: (devices) => `registering ${devices} and connecting them`,
  online: ({ devices, online, late, isSdk }) =>
    `${devices} registered, ${online} online (${isSdk ? 'device SDK' : 'simulated'}), ${late} still switched off`,
  saving: 'writing the draft and saving it',
  saved: (file, bytes, version) =>
    `${file} (${bytes} bytes) saved as version ${version}; nothing is sent yet`,
  pushing: 'asking for a push to all devices',
  refused: 'refused at first: a push needs a second factor',
  asking: 'asking for a code',
  code: (code) => `no SMS provider: the code is in the server's log: ${code}`,
  accepted: (version, devices) => `accepted: version ${version} goes to ${devices} devices`,
  following: 'devices download, check, apply and answer',
  switchedOn: (names) => `${names} switched on: they get it as they connect`,
  settled: (seconds) => `nothing more is expected of any device (${seconds} s)`,
  outcome: 'Outcome',
  devices: 'Devices',
  meaning: 'What it means',
  meanings: {
    online: 'online at the push; confirmed that the device runs it',
    late: 'switched on after the push, got it then, confirmed',
    refusing: 'refused by the device; its own words are below',
    linkSdk: 'fetched in full, no reply: old Link SDKs never reply on success',
  },
  others: 'not what this scenario expects',
  says: (words) => `“${words}”`,
  linkSdkSays: 'downloaded with the right digest; counts as done by the product’s setting (doneWhen)',
  lateSays: 'was off at the push; served when it connected',
  more: (count) => `and ${count} more like it`,
  firstConfirmed: (seconds) => `First device confirmed ${seconds} s after the start`,
  neverConfirmed: 'No device confirmed',
  allDone: (seconds) => `all devices settled after ${seconds} s`,
  asExpected: 'Every device ended as this scenario expects.',
  notAsExpected: 'Not every device ended as this scenario expects:',
  expected: (expected, found) => `expected ${expected}, found ${found}`,
  missing: 'no delivery',
  where: 'Where to look',
  reference: 'API reference',
  rollout: 'This rollout',
  account: 'Sign in as',
  data: 'Data',
  stop: 'Server and devices stay up. Ctrl+C stops them and removes the data.',
  stopping: 'stopping',
  stopped: 'Stopped; the data is removed.',
  logTail: 'The server’s last words:',
};

const CHINESE: Texts = {
  title: (devices) => `OpenCOTA 演示：${devices} 台温控器，一份新配置`,
  subtitle: '以下全部真实运行：服务器、MQTT、HTTP、设备；只在本机上。',
  steps: {
    server: '服务器',
    signIn: '登录',
    product: '产品',
    devices: '设备',
    config: '配置版本',
    push: '批量更新',
    stepUp: '安全验证',
    rollout: '下发',
  },
  states: {
    pending: '等待',
    sent: '已发送',
    received: '已收到',
    downloaded: '已下载',
    applied: '已生效',
    failed: '失败',
    reverted: '已回退',
    timedOut: '超时',
    unreached: '未送达',
    cancelled: '已取消',
    superseded: '已被取代',
  },
  starting: '以全新数据启动',
  server: (httpPort, mqttPort) => `全新数据，http ${httpPort}，mqtt ${mqttPort}`,
  signingIn: '从日志中读取一次性密码',
  signedIn: '使用日志中的一次性密码登录，并换成自己的密码',
  creating: '创建产品',
  product: (name, productKey) => `${name}（${productKey}），已设置 Schema，远程配置开关已打开`,
  connecting: (devices) => `注册 ${devices} 台设备并连接`,
  online: ({ devices, online, late, isSdk }) =>
    `已注册 ${devices} 台，${online} 台在线（${isSdk ? '设备 SDK' : '模拟设备'}），${late} 台尚未开机`,
  saving: '写入草稿并保存',
  saved: (file, bytes, version) => `${file}（${bytes} 字节）已保存为版本 ${version}；保存不会下发`,
  pushing: '请求向全部设备批量更新',
  refused: '首次请求被拒绝：批量更新需要安全验证',
  asking: '请求验证码',
  code: (code) => `未配置短信服务：验证码在服务器日志中：${code}`,
  accepted: (version, devices) => `已受理：版本 ${version} 下发到 ${devices} 台设备`,
  following: '设备正在下载、校验、应用并回复',
  switchedOn: (names) => `${names} 开机：连接后即收到配置`,
  settled: (seconds) => `所有设备均已有结果（${seconds} 秒）`,
  outcome: '结果',
  devices: '设备数',
  meaning: '含义',
  meanings: {
    online: '推送时在线；设备确认已使用该版本',
    late: '推送后才开机，连接时收到并确认',
    refusing: '设备拒绝；原因见下',
    linkSdk: '完整下载但不回复：旧 Link SDK 成功时从不回复',
  },
  others: '与本场景的预期不符',
  says: (words) => `“${words}”`,
  linkSdkSays: '已下载且摘要正确；按产品设置（doneWhen）视为完成',
  lateSays: '推送时关机；连接后送达',
  more: (count) => `另有 ${count} 台情况相同`,
  firstConfirmed: (seconds) => `启动后 ${seconds} 秒第一台设备确认`,
  neverConfirmed: '没有设备确认',
  allDone: (seconds) => `${seconds} 秒后全部设备有结果`,
  asExpected: '每台设备的结果都与本场景的预期一致。',
  notAsExpected: '以下设备的结果与本场景的预期不符：',
  expected: (expected, found) => `预期 ${expected}，实际 ${found}`,
  missing: '没有下发记录',
  where: '接下来看哪里',
  reference: 'API 文档',
  rollout: '本次下发',
  account: '登录账号',
  data: '数据目录',
  stop: '服务器和设备保持运行。按 Ctrl+C 停止并删除数据。',
  stopping: '正在停止',
  stopped: '已停止，数据已删除。',
  logTail: '服务器最后的日志：',
};

/** Chinese where the system's language is, else English. */
export function textsFor(language: string | undefined): Texts {
  return language?.startsWith('zh') === true ? CHINESE : ENGLISH;
}
