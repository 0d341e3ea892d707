// Sockets that a service manager hands over: whose they are, which is which, and that each is given out once.
import t from 'tap';
import { InheritedSockets } from '../../../src/ports/inherited-sockets.ts';

t.test('sockets are given out by their names, each once, and what is missing is told', async (t) => {
  const sockets = new InheritedSockets({ LISTEN_PID: '7', LISTEN_FDS: '3', LISTEN_FDNAMES: 'mqtt:tls' }, 7);
  t.equal(sockets.take('tls'), 4);
  t.throws(() => sockets.take('tls'), { code: 'ERR_LINK_LISTEN', message: /'tls' .*free are mqtt, number 5; is the/ });
  t.equal(sockets.take(''), 3);
  t.equal(sockets.take(''), 5);
  t.throws(() => sockets.take(''), { message: /3 were handed over, and free are none/ });
});

t.test('what was handed to another process is not ours', async (t) => {
  for (const environment of [{}, { LISTEN_PID: '8', LISTEN_FDS: '1' }, { LISTEN_PID: '7', LISTEN_FDS: 'x' }]) {
    t.throws(() => new InheritedSockets(environment, 7).take(''), { message: /0 were handed over/ });
  }
});
