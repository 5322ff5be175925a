// Two linked clusters with the AWS SDK for JavaScript, made the two ways there are, and deleted from either side.
const assert = require('node:assert/strict')
const { waitUntilClusterActive, waitUntilClusterNotExists } = require('@aws-sdk/client-dsql')
const { client, send, refused, waits, only, run } = require('./common.js')

const east = client('us-east-1')
const ohio = client('us-east-2')
const witnessRegion = 'us-west-2'

const create = async (c, ...clusters) => {
  const made = only(await send(c, 'CreateCluster', { deletionProtectionEnabled: false, multiRegionProperties: { witnessRegion, ...(clusters.length && { clusters }) } }),
    'identifier', 'arn', 'status', 'creationTime', 'deletionProtectionEnabled', 'encryptionDetails', 'endpoint', 'multiRegionProperties')
  assert.equal(made.status, 'PENDING_SETUP')
  assert.equal(made.multiRegionProperties.witnessRegion, witnessRegion)
  return made
}

const name = async (c, { identifier }, ...clusters) => {
  assert.equal((await send(c, 'UpdateCluster', { identifier, multiRegionProperties: { witnessRegion, clusters } })).status, 'UPDATING')
}

const status = async (c, { identifier }) => (await send(c, 'GetCluster', { identifier })).status

const active = async (a, b) => {
  for (const [c, { identifier }] of [[east, a], [ohio, b]]) {
    const { state, reason } = await waitUntilClusterActive(waits(c), { identifier })
    assert.equal(state, 'SUCCESS')
    assert.deepEqual([...reason.multiRegionProperties.clusters].sort(), [a.arn, b.arn].sort())
  }
}

const remove = async (first, second) => {
  for (const [c, { identifier }] of [first, second]) {
    assert.equal((await send(c, 'DeleteCluster', { identifier })).status, 'PENDING_DELETE')
    if (c === first[0]) assert.equal(await status(...first), 'PENDING_DELETE')
  }
  for (const [c, { identifier }] of [first, second]) await waitUntilClusterNotExists(waits(c), { identifier })
}

run(async () => {
  // Three steps, from the east.
  let a = await create(east)
  let b = await create(ohio, a.arn)
  assert.equal(await status(east, a), 'PENDING_SETUP')
  await name(east, a, b.arn)
  await active(a, b)
  const other = { witnessRegion: 'us-east-2', clusters: [b.arn] }
  await refused(send(east, 'UpdateCluster', { identifier: a.identifier, multiRegionProperties: other }), 'ValidationException', { reason: 'fieldValidationFailed' })
  await remove([east, a], [ohio, b])

  // Four steps, from Ohio, with both ARNs in each list.
  a = await create(east)
  b = await create(ohio)
  await name(ohio, b, a.arn, b.arn)
  assert.equal(await status(east, a), 'PENDING_SETUP')
  assert.equal(await status(ohio, b), 'PENDING_SETUP')
  await name(east, a, a.arn, b.arn)
  await active(a, b)
  await name(east, a, b.arn) // again, unchanged
  await remove([ohio, b], [east, a])

  await refused(send(east, 'CreateCluster', { multiRegionProperties: { witnessRegion: 'us-east-1' } }), 'ValidationException',
    { reason: 'fieldValidationFailed' })
})
