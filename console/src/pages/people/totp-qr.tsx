/** The code that an authenticator app scans: dark on white in both themes, as scanners want it. */
import { QRCode } from 'antd';

export function TotpQr({ uri, label }: { uri: string; label: string }) {
  return <QRCode type="svg" value={uri} size={220} color="#000" bgColor="#fff" aria-label={label} />;
}
