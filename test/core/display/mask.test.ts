import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSecretName, MASK, masked, maskedDefaults, maskedHeader } from '../../../src/core/display/mask.ts'

void describe('a secret is masked at every place in a text', () => {
  const cases: readonly (readonly [text: string, shown: string])[] = [
    ['https://ann:pa55@hr.example/p?x=1', `https://${MASK}@hr.example/p?x=1`],
    ['https://pa55@hr.example/p', `https://${MASK}@hr.example/p`],
    ['postgres://me:p@s/5:5@host:5432/db?sslmode=require', `postgres://${MASK}@host:5432/db?sslmode=require`],
    ['at https://hr.example:8443/people/{employee} now', 'at https://hr.example:8443/people/{employee} now'],
    [
      'https://hr.example/p?api_key=k3y&page=2#access_token=t0k',
      `https://hr.example/p?api_key=${MASK}&page=2#access_token=${MASK}`,
    ],
    [
      'Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=k3y=;EntityPath=q',
      `Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=${MASK};EntityPath=q`,
    ],
    ['AccountKey = k3y;Password=p', `AccountKey = ${MASK};Password=${MASK}`],
    [
      'SharedAccessSignature sr=sb%3a%2f%2fns&sig=k3y&se=1&skn=root',
      `SharedAccessSignature sr=sb%3a%2f%2fns&sig=${MASK}&se=1&skn=root`,
    ],
    ['authorization: Bearer eyJ0.k3y', `authorization: Bearer ${MASK}`],
    ['https://hr.example/p?code=${HR_KEY}', 'https://hr.example/p?code=${HR_KEY}'],
    [
      'it takes postgres://user@host/database and SharedAccessKey=…',
      'it takes postgres://user@host/database and SharedAccessKey=…',
    ],
    ['LEDGER=rollcall.db SOURCE_ORDER=version', 'LEDGER=rollcall.db SOURCE_ORDER=version'],
    ['sources[0].read.url takes a text', 'sources[0].read.url takes a text'],
  ]
  for (const [text, shown] of cases) void test(text, () => assert.equal(masked(text), shown))

  void test('a default of a variable is shown unless the variable is named as a secret', () => {
    assert.equal(maskedDefaults('${HR_TOKEN:-t0k}/${HR_HOST:-hr}'), `\${HR_TOKEN:-${MASK}}/\${HR_HOST:-hr}`)
  })

  void test('a header shows only variables and the scheme before them', () => {
    for (const value of ['${KEY}', 'Bearer ${TOKEN}', '${USER}:${PASSWORD}'])
      assert.equal(maskedHeader('authorization', value), value)
    for (const value of ['k3y', 'Bearer k3y', 'k3y ${X}', 'Bearer ${T:-k3y}', 'Bearer ${T}k3y'])
      assert.equal(maskedHeader('x-anything', value), MASK)
    assert.equal(maskedHeader('Accept', 'application/json'), 'application/json')
  })

  void test('a long text takes no longer than its length', () => {
    for (const part of ['x', '//a:', '//', 'x=', '=', ' ', 'Bearer ', '${A', '//x:y@']) {
      const text = part.repeat(200_000 / part.length)
      const began = performance.now()
      masked(text)
      maskedDefaults(text)
      // Quadratic, it takes minutes.
      assert.ok(performance.now() - began < 5_000, `${part}: ${performance.now() - began} ms`)
    }
  })

  void test('the name decides whether a value is a secret', () => {
    for (const name of [
      'Authorization',
      'x-api-key',
      'Ocp-Apim-Subscription-Key',
      'sig',
      'Pwd',
      'client_secret',
    ])
      assert.equal(isSecretName(name), true, name)
    for (const name of ['accept', 'page', 'keyboard', 'EntityPath', 'sslmode', 'AUTH_MODE'])
      assert.equal(isSecretName(name), false, name)
  })
})
