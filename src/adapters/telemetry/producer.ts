import { type HrTime, ValueType } from '@opentelemetry/api'
import { emptyResource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import { type InstrumentName, INSTRUMENTS, type Measurement } from '../../core/telemetry.ts'

export type Observe = () => Promise<readonly Measurement[]>

/**
 * Hands measurements over as they are read. Observable instruments would keep repeating a series
 * after the last reading of it, such as a hold that has ended
 * (https://github.com/open-telemetry/opentelemetry-specification/blob/main/specification/metrics/sdk.md#metricproducer).
 */
export function metricProducer(observe: Observe, now: () => number): MetricProducer {
  const startTime = hrTime(now())
  return {
    collect: async () => {
      const families = Map.groupBy(await observe(), ({ name }) => name)
      const endTime = hrTime(now())
      const metrics = [...families].map(([name, measurements]) =>
        metricDataOf(
          name,
          measurements.map(({ value, attributes = {} }) => ({ startTime, endTime, value, attributes })),
        ),
      )
      const scopeMetrics = [{ scope: { name: 'rollcall' }, metrics }]
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] }
    },
  }
}

function metricDataOf(name: InstrumentName, dataPoints: DataPoint<number>[]): MetricData {
  const { kind, unit, description } = INSTRUMENTS[name]
  const common = {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPoints,
  }
  return kind === 'gauge'
    ? { ...common, dataPointType: DataPointType.GAUGE }
    : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true }
}

const hrTime = (at: number): HrTime => [Math.floor(at / 1_000), (at % 1_000) * 1e6]
