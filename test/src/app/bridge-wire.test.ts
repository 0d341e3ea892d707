// A bridge as a configuration has it, and what its remote and its network see of it: every key of the connection is
// looked for in the packet or the option that it is about, so that none is read and forgotten.
// In 5.0 with all properties, and in 3.x without them.
import t from 'tap';
import { PacketType } from '../../../protocol/wire/packet-type.ts';
import { ProtocolVersion } from '../../../protocol/wire/protocol-version.ts';
import { bridgeSettingsOf } from '../../../src/app/from-config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { DialOptions } from '../../../src/ports/ports.ts';
import { MemoryDisk } from '../../kit/memory-disk.ts';
import { Remote } from '../../kit/remote.ts';
import { World } from '../../kit/world.ts';

const { v31, v311, v5 } = ProtocolVersion;

const config = `bridges.mqtt.b {
  server = "mqtt-tcp://127.0.0.1:9000", clientid = gw-7, keepalive = 45s, clean_start = true, no_local_v4 = true
  username = gw, password = s3cret, notifications = false, connect_timeout = 7s
  tcp { nodelay = false, keepalive = true, keepidle = 90s, bind_address = "10.0.0.2", bind_interface = eth1 }
  conn_properties {
    maximum_packet_size = 65536, receive_maximum = 200, topic_alias_maximum = 5
    request_problem_infomation = 0, request_response_infomation = 1, session_expiry_interval = 86400
    user_property { site = 7, line = b }
  }
  will {
    topic = "plants/7/state", payload = down, qos = 1, retain = true
    properties {
      payload_format_indicator = 1, message_expiry_interval = 3600, content_type = "text/plain"
      response_topic = "plants/7/ack", correlation_data = c7, will_delay_interval = 15, user_property { reason = lost }
    }
  }
  subscription = [
    { remote_topic = "cmd/#", local_topic = "", qos = 1, retain_as_published = 1, retain_handling = 2, nolocal = false }
  ]
  sub_properties { identifier = 77, user_property { k = v } }
}`;

async function seen(version: ProtocolVersion) {
  const disk = new MemoryDisk({ 'v.conf': config.replace('{', `{ proto_ver = ${version}`) });
  const loaded = await loadConfig({ path: 'v.conf', disk, environment: {}, hostname: 'h' });
  const [bridge] = loaded.config.bridges;
  if (bridge === undefined) throw new Error('there is no bridge');
  const world = new World();
  const remote = new Remote();
  await remote.open(world, version);
  const dialled: DialOptions[] = [];
  const { net } = world.ports;
  const dial = (options: DialOptions) => {
    dialled.push(options);
    return net.dial(options);
  };
  const watched = Object.assign(Object.create(net), { dial });
  const opened = world.openBridge(bridgeSettingsOf(bridge, loaded.pems), { ports: { ...world.ports, net: watched } });
  await world.clock.settle();
  const subscribe = remote.peer.packets.find((one) => one.type === PacketType.subscribe);
  opened.destroy();
  return { connect: remote.connects[0], subscribe, dialled: dialled[0] };
}

t.test('every key of a connection is in CONNECT, in SUBSCRIBE or in what is dialled, in 5.0', async (t) => {
  const { connect, subscribe, dialled } = await seen(v5);
  t.match(connect, {
    clientId: 'gw-7',
    keepAlive: 45,
    cleanStart: true,
    isBridge: false,
    username: 'gw',
    password: Buffer.from('s3cret'),
    properties: {
      maximumPacketSize: 65_536,
      receiveMaximum: 200,
      topicAliasMaximum: 5,
      requestProblemInformation: false,
      requestResponseInformation: true,
      sessionExpiryInterval: 86_400,
      userProperties: [
        ['site', '7'],
        ['line', 'b'],
      ],
    },
    will: {
      topic: 'plants/7/state',
      payload: Buffer.from('down'),
      qos: 1,
      retain: true,
      properties: {
        payloadFormatIndicator: 1,
        messageExpiryInterval: 3600,
        contentType: 'text/plain',
        responseTopic: 'plants/7/ack',
        correlationData: Buffer.from('c7'),
        willDelayInterval: 15,
        userProperties: [['reason', 'lost']],
      },
    },
  });
  t.match(subscribe, {
    entries: [{ filter: 'cmd/#', qos: 1, noLocal: false, retainAsPublished: true, retainHandling: 2 }],
    properties: { subscriptionIdentifiers: [77], userProperties: [['k', 'v']] },
  });
  t.match(dialled, {
    host: '127.0.0.1',
    port: 9000,
    timeoutMs: 7000,
    isNoDelay: false,
    keepAliveDelayMs: 90_000,
    localAddress: '10.0.0.2',
    localInterface: 'eth1',
  });
});

t.test('3.1.1 and 3.1 get the same without properties, and the bridge bit', async (t) => {
  for (const version of [v311, v31]) {
    const { connect, subscribe } = await seen(version);
    t.match(connect, { version, clientId: 'gw-7', keepAlive: 45, isBridge: true, will: { qos: 1, retain: true } });
    t.same(connect?.properties, {});
    t.match(subscribe, { entries: [{ filter: 'cmd/#', qos: 1 }] });
  }
});
