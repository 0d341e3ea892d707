// ZhFindings: what is odd about a configuration, in Chinese, by the sentences of
// the analysis. As in `zh-sentences.ts`, with which they are loaded.
// Bounded: a fixed table.

/** English sentences and their Chinese. */
export const zhFindings: Readonly<Record<string, string>> = {
  'never gets a message: {by} takes all of {filter} before it': '永远收不到消息：{by} 已先取走 {filter} 的全部消息',
  'never gets a message: its exclude leaves nothing of its filters':
    '永远收不到消息：其 exclude 排除了过滤器的全部内容',
  'remove the exclude or the rule': '请删除 exclude 或此规则',
  'asks for {filter}, and {by} for {other}': '请求 {filter}，而 {by} 请求 {other}',
  'what matches both is taken by that one, twice where the remote sends a copy for each':
    '同时匹配两者的消息由后者取走，若远端为每个订阅各发一份则会取两次',
  'use filters that do not overlap, or dedupe_window': '请使用不重叠的过滤器，或 dedupe_window',
  'excludes {exclude}, which its filters do not match anyway': '排除了 {exclude}，而其过滤器本就不匹配它',
  'mend the exclude, or remove it': '请修正或删除 exclude',
  'does not say in its {target} all that its filter takes': '其 {target} 没有包含过滤器匹配的全部内容',
  'a response topic there has no local name': '那里的响应主题没有对应的本地名称',
  'a response topic there has no remote name': '那里的响应主题没有对应的远端名称',
  'where requests are answered, give each wildcard a level of its own': '如需应答请求，请让每个通配符各占一层',
  'leads to {topic} as {other} does from other topics': '通向 {topic}，而 {other} 也从其他主题通向它',
  'a response topic there is mapped back by that rule alone': '那里的响应主题只由后者映射回来',
  'give one of them a prefix of its own': '请为其中一条设置独立的前缀',
  'a count, with or without unit (4s is 4)': '一个次数，可带单位（4s 即 4）',
  'the flag of TCP alone': '仅是 TCP 的标志',
  'where bind_interface cannot be had, no other way is taken, whatever it says':
    '若无法使用 bind_interface，无论它怎么写都不会走其他路径',
  'not used: transparent is off': '未使用：transparent 已关闭',
  'not used: there is one server, without hybrid_bridging and srv':
    '未使用：只有一台服务器，且没有 hybrid_bridging 和 srv',
  'not used: loop_guard is off': '未使用：loop_guard 已关闭',
  'not used: notifications is off': '未使用：notifications 已关闭',
  'not used: there is no password_command': '未使用：没有 password_command',
  'not used: only a password_file or a password_command can have a token that is renewed':
    '未使用：只有 password_file 或 password_command 才有可更新的令牌',
  'not used: start is off, so no trace begins here': '未使用：start 已关闭，因此这里不会开始跟踪',
  'not used: change_only is off': '未使用：change_only 已关闭',
  'put this rule in front of that one': '请将此规则移到它前面',
  'sends what matches {filter} too a second time, under the same topic':
    '会把同样匹配 {filter} 的消息以相同主题再发送一次',
  'exclude it from one of the rules': '请在其中一条规则中排除',
  'a circle over several bridges': '多个桥接之间形成环路',
  'give each direction topics of its own (prefix)': '请为每个方向使用独立的主题（前缀）',
  'what it sends comes back by {way}': '发出的消息经 {way} 返回',
  'its own messages come back from the remote': '自己的消息会从远端返回',
  'set nolocal = true': '请设置 nolocal = true',
  'set no_local_v4 = true or proto_ver = 5': '请设置 no_local_v4 = true 或 proto_ver = 5',
  'carries everything both ways in a version in which messages have no path': '以不携带路径的协议版本双向传递所有消息',
  'fine between two brokers, or around one, but in a ring of three they go round for ever':
    '两个或围绕一个代理时没有问题，但三个代理成环时会无限循环',
  'set proto_ver = 5': '请设置 proto_ver = 5',
  'raises messages of QoS 0 to {qos}': '把 QoS 0 的消息提升到 {qos}',
  'qos_max = {asked} instead of qos only bounds it': '若只想限制上限，请用 qos_max = {asked} 代替 qos',
  'change_only with dedupe_window holds back a value that comes back within dedupe_window, although it has changed':
    'change_only 与 dedupe_window 同时使用时，在 dedupe_window 内变回的值会被拦下，尽管它已变化',
  'use one of the two': '请只用其一',
  'properties_3x does nothing: the remote gets the properties as they are':
    'properties_3x 不起作用：远端会原样收到属性',
  'set proto_ver = 4': '请设置 proto_ver = 4',
  'has a rate that its bridge does not reach: all rules together send no more than the bridge':
    '其速率高于桥接的速率，永远达不到：所有规则合计不会超过桥接',
  'lower it, or raise that of the bridge': '请降低它，或提高桥接的速率',
  'qos_0 does nothing: the messages of this rule go out at QoS {qos}': 'qos_0 不起作用：此规则的消息以 QoS {qos} 发出',
  'use qos_max instead of qos': '请用 qos_max 代替 qos',
  'does nothing: a remote of MQTT 3.1 or 3.1.1 has no word to refuse a message':
    '不起作用：MQTT 3.1 或 3.1.1 的远端无法表示拒绝消息',
  'keeps none': '不保留任何消息',
  'what would be set aside is dropped': '本应搁置的消息会被丢弃',
  'set on_refusal to say so, or max_len to keep some': '请用 on_refusal 明确说明，或用 max_len 保留一些',
  'more than half of data.max_size is to be kept by replay sections: the oldest go earlier':
    'replay 部分要保留的内容超过 data.max_size 的一半：最旧的会提前删除',
  'raise max_size': '请增大 max_size',
  'counts what goes over the link: with keepalive = 0s a dead one is found late, and all of it is sent again':
    '会统计链路上的流量：keepalive = 0s 时失效的链路很晚才被发现，届时所有内容都要重发',
  'lets messages from the remote wait there until something is sent': '来自远端的消息会在那里等到有消息发送为止',
  'drop it where they are urgent': '如果它们很紧急，请去掉此项',
  '{mine} has the client id {id}, as {other} has at the same server':
    '{mine} 的客户端 ID 为 {id}，与同一服务器上的 {other} 相同',
  'they would take the connection from each other': '两者会互相抢占连接',
  'set clientid': '请设置 clientid',
  'lane_order = "{order}" is the same for all that this rule takes: one lane of {lanes} carries it':
    'lane_order = "{order}" 对此规则的所有消息都相同：{lanes} 条通道中只有一条承载',
  'use a capture of its filter, as $1': '请使用过滤器的捕获，如 $1',
  'a device that subscribes to # brings in everything that the remote has': '设备订阅 # 会引入远端的所有消息',
  'transparent_filters bounds it': '可用 transparent_filters 加以限制',
  'gives what matches {filter} other topics, so devices that subscribe to it there do not get it':
    '会改变匹配 {filter} 的消息的主题，因此在那里订阅它的设备收不到',
  'leave it out of transparent_filters': '请从 transparent_filters 中去掉它',
  '{remote} takes {most} connections at most': '{remote} 最多接受 {most} 个连接',
  'this configuration has {count} by here': '此配置到这里已有 {count} 个',
  'lower max_parallel_processes': '请减小 max_parallel_processes',
  '{remote} knows a device by its client id: only the first of {lanes} lanes gets in':
    '{remote} 以客户端 ID 识别设备：{lanes} 条通道中只有第一条能接入',
  'set max_parallel_processes = 1, or a bridge for each device':
    '请设置 max_parallel_processes = 1，或为每台设备配置一个桥接',
  '{remote} takes {most} subscriptions of one connection at most': '{remote} 每个连接最多 {most} 个订阅',
  'there are {count}': '这里有 {count} 个',
  'use filters that take more, or several bridges': '请使用范围更大的过滤器，或多个桥接',
  '{remote} only talks TLS': '{remote} 只支持 TLS',
  'use tls+mqtt-tcp://': '请使用 tls+mqtt-tcp://',
  '{remote} refuses the bridge bit of 3.x': '{remote} 拒绝 3.x 的桥接标志位',
  'set no_local_v4 = false': '请设置 no_local_v4 = false',
  '{remote} takes a keepalive from {least}s to {most}s': '{remote} 接受 {least} 到 {most} 秒的 keepalive',
  '{own}s is not': '{own} 秒不在其中',
  '{remote} takes QoS {most} at most': '{remote} 最高接受 QoS {most}',
  'set qos_max = {most}': '请设置 qos_max = {most}',
  '{remote} grants QoS {most} at most': '{remote} 最高授予 QoS {most}',
  'set qos = {most}': '请设置 qos = {most}',
  '{remote} has no shared subscriptions': '{remote} 不支持共享订阅',
  '{remote} takes topics with {most} slashes at most': '{remote} 的主题最多 {most} 个斜杠',
  '{topic} has {count}': '{topic} 有 {count} 个',
  'use flatten': '请使用 flatten',
  'Viaduct sends unacknowledged messages again when it has reconnected, never on a live connection':
    'Viaduct 仅在重新连接后重发未确认的消息，连接存续期间不会重发',
  'a remote that acknowledges nothing for so long is reconnected to': '远端在此时间内没有任何确认时会重新连接',
  'no message is given up': '不会放弃任何消息',
  'accepted under this spelling': '接受这种拼写',
  'the standard writes information': '标准写法是 information',
  'so many connections, each with a client id of its own (ID, ID-2 ...), that keep the order by lane_order':
    '使用这么多个连接，各有自己的客户端 ID（ID、ID-2 ...），并按 lane_order 保持顺序',
  'not needed: the receive maximum bounds what awaits acceptance': '不需要：等待接收的消息由 receive maximum 限制',
  'not used: hybrid_bridging is off': '未使用：hybrid_bridging 已关闭',
  'without clientid it is viaduct-<name>': '未设置 clientid 时为 viaduct-<名称>',
  'two machines with the same one take the connection from each other': '两台机器使用相同的 ID 会互相抢占连接',
  'the remote is not verified: anybody on the way can read and change the messages':
    '未验证远端身份：途中的任何人都能读取和篡改消息',
  'without cacertfile the certificates of all public authorities are accepted':
    '未设置 cacertfile 时，接受所有公共证书颁发机构的证书',
  'not sent: properties need proto_ver = 5': '不会发送：属性需要 proto_ver = 5',
  'left to the system': '由系统决定',
  'belongs to QUIC and means nothing over TCP': '属于 QUIC，对 TCP 没有意义',
  'not needed: properties are bounded by the packet size': '不需要：属性由报文大小限制',
  'files are not rotated by Viaduct: let the system do it': 'Viaduct 不轮转文件：请交给系统处理',
  'not needed: decisions are remembered until the rules change': '不需要：在规则变化之前会记住判定结果',
  'not used: there are no worker threads to configure': '未使用：没有可配置的工作线程',
  'means nothing without data.dir: there is nowhere to store': '没有 data.dir 就没有意义：无处存储',
  '{vin} stays as it is: the variable NANOMQ_VIN is not set': '{vin} 保持原样：未设置变量 NANOMQ_VIN',
};
