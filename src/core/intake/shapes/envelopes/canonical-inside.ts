/** Where an envelope holds what a canonical event may omit, each as JSONata over the body. */
interface Around {
  /** The event, or its data alone. */
  readonly event: string
  readonly id: string
  readonly time: string
  /** The name of the message type, without its namespace. */
  readonly type: string
}

/**
 * The rule of a shape whose envelope holds a canonical event. .NET may write keys with a capital,
 * so that `Worker.UserName` is `worker.userName`.
 */
export function canonicalInside({ event, id, time, type }: Around): string {
  return `(
    $small := function($value) {
      $type($value) = 'object'
        ? $merge($each($value, function($child, $key) {
            { $lowercase($substring($key, 0, 1)) & $substring($key, 1): $small($child) }
          }))
        : $type($value) = 'array' ? [$value.$small($)] : $value
    };
    $event := $small(${event});
    {
      'source': $event.source,
      'id': $exists($event.id) ? $string($event.id) : ${id},
      'type': $exists($event.type) ? $event.type : ${type},
      'subject': $string($exists($event.subject) ? $event.subject : $event.employeeId),
      'time': $exists($event.time) ? $event.time : ${time},
      'sequence': $event.sequence,
      'traceparent': $event.traceparent,
      'data': $exists($event.data) ? $event.data : $event
    }
  )`
}
