/** A device that is killed while its handler is at work. Started as a process of its own by a test. */
import { createDevice } from '../../src/index.ts';

const options = JSON.parse(process.env.OPENCOTA_TEST_DEVICE ?? '{}');

createDevice(options).onConfig(() => {
  process.kill(process.pid, 'SIGKILL');
});
