/**
 * `rollcall/service-bus-double`: an AMQP 1.0 broker that behaves like Azure Service Bus, for tests
 * of your own consumers and senders. src/local/service-bus/README.md describes it.
 */
export { type Broker, type BrokerOptions, type BrokerTls, startBroker } from '../local/service-bus/broker.ts'
export { type BrokerConfig, parseBrokerConfig } from '../local/service-bus/config.ts'
export type { EntityCounts } from '../local/service-bus/entities/counts.ts'
export type { Fault } from '../local/service-bus/faults.ts'
export { brokerConfig, type Entities, type QueueProperties } from '../local/service-bus/named-entities.ts'
export { type BrokerSettings, DEFAULT_SETTINGS } from '../local/service-bus/settings.ts'
export { type BrokerThreadOptions, startBrokerThread } from '../local/service-bus/thread/thread.ts'
export { type Certificate, makeCertificate } from '../local/service-bus/tls/certificate.ts'
