// BrokerVersion: which Viaduct this is. It stands alone, so that commands
// can tell it without loading a broker.
// A constant.

/** The version of Viaduct that brokers report on `$SYS/broker/version`. */
export const brokerVersion = '0.1.0';
