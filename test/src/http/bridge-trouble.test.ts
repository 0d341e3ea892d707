// What the API says of a bridge that does not get to its remote: the words of the link, with what to do about it. The
// page of the bridge shows the same ones.
import t from 'tap';
import { LinkError } from '../../../src/base/errors.ts';
import { WebKit, webSection } from '../../kit/web.ts';

const troubles = [
  ['the certificate of cloud.example is not signed by a trusted authority', /not signed by a trusted authority/],
  ['the certificate is not for cloud.example but for elsewhere.example', /not for cloud\.example/],
  ['the certificate of cloud.example has expired', /has expired/],
] as const;

for (const [detail, words] of troubles) {
  t.test(`Appendix B 6, in the API: ${detail}`, async (t) => {
    const bridge = 'bridges.mqtt.cloud { server = "mqtt-tcp://127.0.0.1:9000", clientid = "edge" }';
    const kit = await WebKit.start(`${webSection}\n${bridge}`);
    kit.world.net.dial = () => Promise.reject(new LinkError('tls', detail));
    await kit.login();
    await kit.world.clock.advance(2000);
    const { body } = await kit.call('GET /api/v1/bridges/cloud');
    t.match(body, { status: { link: { state: 'waiting', kind: 'tls', error: words } } });
    await kit.close();
  });
}
