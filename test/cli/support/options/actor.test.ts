import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorNamed } from '../../../../src/cli/support/options/options.ts'
import { disclosureActorOption } from '../../../../src/cli/support/options/disclosure.ts'
import { operatingSystemUser } from '../../../../src/compose/instance/os-user.ts'

void test('behind the name of an actor stands the operating-system user, who cannot be chosen', () => {
  const user = operatingSystemUser()
  assert.equal(actorNamed('ada'), `ada (${user})`)
  assert.equal(actorNamed('ada (another)'), `ada (another) (${user})`)
  assert.equal(actorNamed(user), user)
  assert.equal(actorNamed(' '), ' ', 'is refused later, as nothing')
  assert.equal(disclosureActorOption().parseArg?.('ada', undefined), `ada (${user})`)
})
