import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileExpression } from '../../../../../src/core/expression/compile.ts'
import { evaluateHere } from '../../../../../src/core/expression/evaluate.ts'
import type { Edited } from '../../../../../src/core/report/dead-letters/selection/edit.ts'
import { expressionPatching } from '../../../../../src/core/report/replay/patch/expression-patch.ts'

const EVENT = { source: '/hr', id: 'e-1', type: 'worker.hired', employeeId: 'p1' }

async function patch(expression: string, body: string): Promise<Edited | undefined> {
  const editor = expressionPatching(compileExpression(expression), evaluateHere())
  return (await editor.edit([{ id: 'dl-1', body, events: [EVENT] }])).get('dl-1')
}

void describe('an expression as a patch', () => {
  void it('yields the whole new body, and may read the names of the event', async () => {
    const edited = await patch(
      '$ ~> |data.worker|{ "userName": $lowercase(userName), "number": $employee & $id }|',
      '{"id":"e-1","data":{"worker":{"userName":"Ada","title":"x"}}}',
    )
    assert.deepEqual(edited, {
      kind: 'body',
      body: '{"id":"e-1","data":{"worker":{"userName":"ada","title":"x","number":"p1e-1"}}}',
    })
  })

  void it('is refused with its place in the expression when it fails, without a value', async () => {
    const edited = await patch('{ "a": $number(data.secret) }', '{"data":{"secret":"hunter2"}}')
    assert.equal(edited?.kind === 'refused' ? edited.code : null, 'PatchFailed')
    assert.doesNotMatch(JSON.stringify(edited), /hunter2/)
  })

  void it('is refused when it yields no object', async () => {
    for (const expression of ['data.title', 'nothing', '1'])
      assert.deepEqual((await patch(expression, '{"data":{"title":"x"}}'))?.kind, 'refused', expression)
  })

  void it('leaves a body that is not JSON to intake, which says what is wrong with it', async () => {
    assert.deepEqual(await patch('$', '{"a"'), { kind: 'body', body: '{"a"' })
  })
})
