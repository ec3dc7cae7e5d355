/** 服务器只提供英文说明；这里是每个设置项的中文说明。 */
export const settingMeaning = {
  OPENCOTA_DATA_DIR: '内置数据库和密钥文件所在目录。',
  OPENCOTA_HOST: 'HTTP 与 MQTT 的监听地址。',
  OPENCOTA_HTTP_PORT: 'API、配置下载和 MQTT over WebSocket（/mqtt）的端口；0 表示任意空闲端口。',
  OPENCOTA_MQTT_PORT: 'MQTT（TCP）端口；0 表示任意空闲端口，off 表示不开放。',
  OPENCOTA_MQTTS_PORT: 'MQTT（TLS）端口；配置证书后启用。',
  OPENCOTA_TLS_CERT: 'MQTT（TLS）所用 PEM 证书链的路径。',
  OPENCOTA_TLS_KEY: '上述证书的 PEM 私钥路径。',
  OPENCOTA_TLS_PSK:
    'on：设备可在该端口使用由 DeviceSecret 派生的密钥连接，不校验证书（TLS 1.2 PSK，即 C Link SDK 的方式）。Link SDK 仅支持不具备前向保密的加密套件。',
  OPENCOTA_PLAIN_REGISTRATION:
    'refuse：MQTT、WebSocket、HTTP 或网关连接只要未加密，就不会下发 DeviceSecret。allow：已出厂的设备仍可通过 TCP 动态注册。',
  OPENCOTA_PUBLIC_URL:
    '设备下载配置所用的地址，例如 http://cota.example.com。请勿带端口：部分 Link SDK 无法识别。未设置时为 http://127.0.0.1 加 HTTP 端口，仅本机设备可访问。',
  OPENCOTA_DATABASE_URL: '未设置时使用内置 SQLite；当前版本不支持其他数据库。',
  OPENCOTA_SECRET_KEY:
    '加密存储所用的密钥：64 位十六进制，或 32 字节的 base64。未设置时自动生成并保存在数据目录中。',
  OPENCOTA_TRUSTED_NETWORKS: '来自这些网段（CIDR，逗号分隔）的批量更新无需安全验证。',
  OPENCOTA_TRUSTED_PROXIES: '受信任的反向代理地址或网段，采信其 X-Forwarded-For。',
  OPENCOTA_METRICS_TOKEN: '访问 /metrics 的 Bearer 令牌；未设置时仅本机可读。',
  OPENCOTA_KEEP_ALIVE_MIN: '允许的最短 MQTT 心跳间隔，单位秒；Alink 规定为 30。',
  OPENCOTA_LOG_LEVEL: '日志级别：trace、debug、info、warn、error。',
  OPENCOTA_SMS_PROVIDER: '短信服务：webhook、aliyun 或 twilio。未设置时验证码打印在日志中。',
  OPENCOTA_SMS_ALLOW_LOCAL: 'yes：短信接口可以是明文 http 或本机地址，用于测试和本地短信网关。',
  OPENCOTA_SMS_WEBHOOK_URL: '接收验证码的地址，内容为带签名的 JSON。',
  OPENCOTA_SMS_WEBHOOK_SECRET: '上述 JSON 的签名密钥。',
  OPENCOTA_SMS_ALIYUN_ACCESS_KEY_ID: '阿里云短信：AccessKey ID。',
  OPENCOTA_SMS_ALIYUN_ACCESS_KEY_SECRET: '阿里云短信：AccessKey Secret。',
  OPENCOTA_SMS_ALIYUN_SIGN_NAME: '阿里云短信：短信签名。',
  OPENCOTA_SMS_ALIYUN_TEMPLATE_CODE: '阿里云短信：短信模板，含变量 code。',
  OPENCOTA_SMS_ALIYUN_ENDPOINT: '阿里云短信：替代公网默认接入点的地址。',
  OPENCOTA_SMS_TWILIO_ACCOUNT_SID: 'Twilio：Account SID。',
  OPENCOTA_SMS_TWILIO_AUTH_TOKEN: 'Twilio：Auth Token。',
  OPENCOTA_SMS_TWILIO_FROM: 'Twilio：发送号码，或 Messaging Service SID（MG…）。',
  OPENCOTA_SMS_TWILIO_ENDPOINT: 'Twilio：替代公网默认接入点的地址。',
  OPENCOTA_SMTP_URL: '发送验证码邮件的服务器：smtp[s]://用户:密码@主机:端口。',
  OPENCOTA_SMTP_FROM: '验证码邮件的发件人地址。',
};
