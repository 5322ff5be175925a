// What the programs of this folder share: clients of @aws-sdk/client-dsql as applications make them, out of the environment that `opendsql env`
// prints, and what they expect of refusals.
const assert = require('node:assert/strict')
const sdk = require('@aws-sdk/client-dsql')

// client is the SDK's client in a Region. It does not try again: what is refused shows.
exports.client = (region, credentials) => new sdk.DSQLClient({ region, credentials, maxAttempts: 1 })

// send calls an operation by its name.
exports.send = (client, operation, input = {}) => client.send(new sdk[operation + 'Command'](input))

// refused expects an exception of the model: its class, its status, and the members it must have.
exports.refused = async (promise, type, members = {}) => {
  let error
  try {
    await promise
  } catch (e) {
    error = e
  }
  assert.ok(error, `${type} was expected, and nothing was refused`)
  assert.equal(error.name, type, String(error.stack))
  if (sdk[type]) assert.ok(error instanceof sdk[type], `${type} is no instance of its class`)
  assert.ok(error instanceof sdk.DSQLServiceException)
  const status = {
    AccessDeniedException: 403, ConflictException: 409, ResourceNotFoundException: 404, ServiceQuotaExceededException: 402,
    ThrottlingException: 429, ValidationException: 400,
  }[type]
  if (status) assert.equal(error.$metadata.httpStatusCode, status)
  assert.equal(error.$fault, 'client')
  assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/)
  for (const [name, want] of Object.entries(members)) {
    if (want instanceof RegExp) assert.match(error[name], want)
    else assert.deepEqual(error[name], want, `${type}.${name}`)
  }
  return error
}

// waits are the bounds of a waiter, in seconds; the SDK's own begin with two.
exports.waits = client => ({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 })

// only checks the names of an output's members, besides what the SDK adds.
exports.only = (output, ...names) => {
  const have = Object.keys(output).filter(k => k !== '$metadata' && output[k] !== undefined)
  assert.deepEqual(have.sort(), names.sort())
  assert.equal(output.$metadata.httpStatusCode, 200)
  return output
}

// arn is the ARN of a thing of the installation's account.
exports.arn = (region, id, stream) => `arn:aws:dsql:${region}:${exports.account}:cluster/${id}` + (stream ? `/stream/${stream}` : '')
exports.account = '000000000000'

// run runs a program, whose last word is ok.
exports.run = program => program().then(() => console.log('ok'), e => {
  console.error(e)
  process.exitCode = 1
})
