// The life of a cluster with the AWS SDK for JavaScript: create, wait, get, update, connect with the signer's token, list by pages, delete, wait.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { waitUntilClusterActive, waitUntilClusterNotExists, paginateListClusters } = require('@aws-sdk/client-dsql')
const { STSClient, GetCallerIdentityCommand, AssumeRoleCommand } = require('@aws-sdk/client-sts')
const { DsqlSigner } = require('@aws-sdk/dsql-signer')
const { client, send, refused, waits, only, arn, account, run } = require('./common.js')

const region = 'eu-west-1'

// query asks one question of an endpoint as admin.
async function query (hostname, sql) {
  const { Client } = require('pg')
  const password = await new DsqlSigner({ hostname, region }).getDbConnectAdminAuthToken()
  const c = new Client({
    host: '127.0.0.1', port: +process.env.PGPORT, user: 'admin', password, database: 'postgres',
    ssl: { ca: fs.readFileSync(process.env.PGSSLROOTCERT), servername: hostname },
  })
  delete process.env.PGSSLMODE
  await c.connect()
  try {
    return (await c.query(sql)).rows
  } finally {
    await c.end()
  }
}

async function life () {
  const c = client(region)
  const before = Date.now()
  const made = only(await send(c, 'CreateCluster', { tags: { Name: 'js', empty: '' } }),
    'identifier', 'arn', 'status', 'creationTime', 'deletionProtectionEnabled', 'encryptionDetails', 'endpoint')
  const { identifier } = made
  assert.match(identifier, /^[a-z0-9]{26}$/)
  assert.equal(made.arn, arn(region, identifier))
  assert.equal(made.status, 'CREATING')
  assert.equal(made.endpoint, `${identifier}.dsql.${region}.on.aws`)
  assert.equal(made.deletionProtectionEnabled, true)
  assert.deepEqual(made.encryptionDetails, { encryptionType: 'AWS_OWNED_KMS_KEY', encryptionStatus: 'ENABLED' })
  assert.ok(made.creationTime instanceof Date && Math.abs(made.creationTime - before) < 60_000)

  const waited = await waitUntilClusterActive(waits(c), { identifier })
  assert.equal(waited.state, 'SUCCESS')
  const got = only(await send(c, 'GetCluster', { identifier }),
    'identifier', 'arn', 'status', 'creationTime', 'deletionProtectionEnabled', 'encryptionDetails', 'endpoint', 'tags')
  assert.equal(got.status, 'ACTIVE')
  assert.deepEqual(got.tags, { Name: 'js', empty: '' })
  assert.deepEqual(got.creationTime, made.creationTime)
  assert.deepEqual(await query(got.endpoint, 'SELECT 40 + 2 AS answer'), [{ answer: 42 }])

  const vpc = only(await send(c, 'GetVpcEndpointServiceName', { identifier }), 'serviceName', 'clusterVpcEndpoint')
  assert.match(vpc.serviceName, /^com\.amazonaws\.eu-west-1\.dsql-[a-f0-9]{6}$/)
  assert.equal(vpc.clusterVpcEndpoint, `${identifier}.${vpc.serviceName.split('.').pop()}.${region}.on.aws`)

  await refused(send(c, 'DeleteCluster', { identifier }), 'ValidationException', { reason: 'deletionProtectionEnabled', fieldList: undefined })
  const updated = only(await send(c, 'UpdateCluster', { identifier, deletionProtectionEnabled: false }), 'identifier', 'arn', 'status', 'creationTime')
  assert.equal(updated.status, 'UPDATING')
  assert.equal((await send(c, 'GetCluster', { identifier })).deletionProtectionEnabled, false)
  const deleted = only(await send(c, 'DeleteCluster', { identifier }), 'identifier', 'arn', 'status', 'creationTime')
  assert.equal(deleted.status, 'DELETING')
  assert.equal((await waitUntilClusterNotExists(waits(c), { identifier })).state, 'SUCCESS')
  await refused(send(c, 'GetCluster', { identifier }), 'ResourceNotFoundException', { resourceId: identifier, resourceType: 'cluster' })
}

// A client token makes one cluster of many calls, and refuses other parameters.
async function idempotency () {
  const c = client('ap-south-1')
  const input = { clientToken: 'once', deletionProtectionEnabled: false }
  const made = await Promise.all(Array.from({ length: 5 }, () => send(c, 'CreateCluster', input)))
  assert.equal(new Set(made.map(m => m.identifier)).size, 1)
  assert.equal((await send(c, 'ListClusters')).clusters.length, 1)
  await refused(send(c, 'CreateCluster', { ...input, tags: { a: 'b' } }), 'ConflictException')
}

// Pages of one hold every cluster once, in one order; and only those of their Region.
async function pages () {
  const c = client('ca-central-1')
  assert.deepEqual(only(await send(c, 'ListClusters'), 'clusters').clusters, [])
  const made = []
  for (let i = 0; i < 5; i++) made.push((await send(c, 'CreateCluster')).identifier)
  for (const pageSize of [1, 2, 5, 100]) {
    const seen = []
    for await (const page of paginateListClusters({ client: c, pageSize }, {})) {
      assert.ok(page.clusters.length <= pageSize)
      for (const each of page.clusters) {
        assert.equal(each.arn, arn('ca-central-1', each.identifier))
        seen.push(each.identifier)
      }
    }
    assert.deepEqual(seen, made)
  }
}

// A profile that names a role is all it takes: the SDK has STS of the same listener give it a session.
async function roles () {
  const keys = { accessKeyId: 'AKIADEPLOY', secretAccessKey: 's3cret' }
  const sts = new STSClient({ region, credentials: keys })
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, `arn:aws:iam::${account}:user/deploy`)
  const session = await sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/service/app`, RoleSessionName: 'js' }))
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = session.Credentials
  assert.ok(session.Credentials.Expiration > new Date())
  const app = client(region, { accessKeyId, secretAccessKey, sessionToken })
  const name = 'User: arn:aws:sts::000000000000:assumed-role/app/js is not authorized to perform: dsql:CreateCluster on resource: arn:aws:dsql:eu-west-1:000000000000:cluster/* ' +
    'because no identity-based policy allows the dsql:CreateCluster action'
  assert.ok(Array.isArray((await send(app, 'ListClusters')).clusters))
  await refused(send(app, 'CreateCluster'), 'AccessDeniedException', { message: name })

  // The default chain of credentials, with a profile and without keys in the environment.
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete process.env[name]
  process.env.AWS_PROFILE = 'app'
  const byProfile = client(region)
  assert.ok(Array.isArray((await send(byProfile, 'ListClusters')).clusters))
  const e = await refused(send(byProfile, 'DeleteCluster', { identifier: 'a'.repeat(26) }), 'AccessDeniedException')
  assert.match(e.message, /^User: arn:aws:sts::000000000000:assumed-role\/app\/profiled is not authorized to perform: dsql:DeleteCluster on resource: /)
}

run(async () => {
  await Promise.all([life(), idempotency(), pages()])
  await roles()
})
