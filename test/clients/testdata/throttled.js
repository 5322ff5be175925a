// A server that takes one reading call and one changing call in a second: the second is throttled, says when to come again, and the SDK does.
const assert = require('node:assert/strict')
const sdk = require('@aws-sdk/client-dsql')
const { client, send, refused, run } = require('./common.js')

run(async () => {
  for (const [operation, input] of [['ListClusters', {}], ['TagResource', { resourceArn: 'arn:aws:dsql:us-east-1:000000000000:cluster/' + 'a'.repeat(26), tags: { a: 'b' } }]]) {
    const c = client('us-east-1')
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => send(c, operation, input)))
    const reasons = results.map(r => r.reason).filter(e => e && e.name !== 'ResourceNotFoundException')
    assert.ok(reasons.length >= 3, operation)
    for (const e of reasons) {
      await refused(Promise.reject(e), 'ThrottlingException', { message: 'Rate exceeded', serviceCode: 'dsql', quotaCode: /./, retryAfterSeconds: 1 })
      assert.deepEqual(e.$retryable, { throttling: true })
    }
  }
  // With the SDK's own tries again the same call succeeds.
  const patient = new sdk.DSQLClient({ region: 'us-east-1', maxAttempts: 10 })
  for (let i = 0; i < 2; i++) assert.ok((await send(patient, 'ListClusters')).clusters)
})
