// Every exception of the model that a client can bring about, by its class and with its members, as the AWS SDK for JavaScript reads it.
const assert = require('node:assert/strict')
const { client, send, refused, arn, account, run } = require('./common.js')

const c = client('us-east-1')
const nowhere = 'ruabtlcu6nqjdl6k6jjcug67ta'

async function missing () {
  for (const [operation, input, resourceType = 'cluster'] of [
    ['GetCluster', { identifier: nowhere }], ['UpdateCluster', { identifier: nowhere }], ['DeleteCluster', { identifier: nowhere }],
    ['GetVpcEndpointServiceName', { identifier: nowhere }], ['GetClusterPolicy', { identifier: nowhere }], ['DeleteClusterPolicy', { identifier: nowhere }],
    ['PutClusterPolicy', { identifier: nowhere, policy: '{"Statement":[]}' }], ['ListStreams', { clusterIdentifier: nowhere }],
    ['ListTagsForResource', { resourceArn: arn('us-east-1', nowhere) }], ['TagResource', { resourceArn: arn('us-east-1', nowhere), tags: { a: 'b' } }],
    ['UntagResource', { resourceArn: arn('us-east-1', nowhere), tagKeys: ['a'] }],
  ]) await refused(send(c, operation, input), 'ResourceNotFoundException', { resourceId: nowhere, resourceType, message: /./ })
}

async function invalid () {
  const field = (name, message = /./) => async (operation, input) => {
    const e = await refused(send(c, operation, input), 'ValidationException', { reason: 'fieldValidationFailed', message: /^1 validation error detected: / })
    assert.equal(e.fieldList.length, 1)
    assert.equal(e.fieldList[0].name, name)
    assert.match(e.fieldList[0].message, message)
  }
  await field('identifier', /regular expression pattern/)('GetCluster', { identifier: 'UPPER' })
  await field('identifier')('GetCluster', { identifier: 'a/b c%2F' })
  await field('maxResults')('ListClusters', { maxResults: 101 })
  await field('clientToken')('CreateCluster', { clientToken: 'with space' })
  await field('kmsEncryptionKey')('CreateCluster', { kmsEncryptionKey: 'not a key' })
  await field('multiRegionProperties.witnessRegion')('CreateCluster', { multiRegionProperties: { witnessRegion: 'us-east-1' } })
  await field('policy')('CreateCluster', { policy: '' })
  await refused(send(c, 'ListClusters', { nextToken: 'made up' }), 'ValidationException', { reason: 'other' })
  await refused(send(c, 'CreateCluster', { kmsEncryptionKey: 'alias/none' }), 'ValidationException', { reason: 'other', message: /alias\/none does not exist/ })

  // A client whose body is broken on its way to the signature.
  const broken = client('us-east-1')
  broken.middlewareStack.add(next => args => {
    args.request.body = '{"tags":'
    args.request.headers['content-length'] = '8'
    return next(args)
  }, { step: 'build', priority: 'low' })
  await refused(send(broken, 'CreateCluster'), 'ValidationException', { reason: 'cannotParse' })
}

async function conflicts () {
  const made = await send(c, 'CreateCluster', { clientToken: 't' })
  const e = await refused(send(c, 'CreateCluster', { clientToken: 't', deletionProtectionEnabled: false }), 'ConflictException', { message: /./ })
  assert.ok(e.resourceId === undefined || e.resourceId === made.identifier)
}

async function quotas () {
  const far = client('sa-east-1')
  for (let i = 0; i < 20; i++) await send(far, 'CreateCluster')
  await refused(send(far, 'CreateCluster'), 'ServiceQuotaExceededException',
    { message: 'You have reached the cluster limit.', resourceId: account, resourceType: 'cluster', serviceCode: 'dsql', quotaCode: 'L-B3A4E51E' })
  const tokyo = client('ap-northeast-1')
  const multiRegionProperties = { witnessRegion: 'ap-northeast-3' }
  for (let i = 0; i < 5; i++) await send(tokyo, 'CreateCluster', { multiRegionProperties })
  await refused(send(tokyo, 'CreateCluster', { multiRegionProperties }), 'ServiceQuotaExceededException',
    { message: 'You have reached the cluster limit.', resourceId: account, resourceType: 'cluster', serviceCode: 'dsql', quotaCode: 'L-DCF93F11' })
}

// Who nobody is, is known; what is asked for is refused before it is looked up.
async function denied () {
  const nobody = client('us-east-1', { accessKeyId: 'AKIANOBODY', secretAccessKey: 's3cret' })
  for (const identifier of [nowhere, (await send(c, 'ListClusters')).clusters[0].identifier]) {
    await refused(send(nobody, 'GetCluster', { identifier }), 'AccessDeniedException', {
      message: `User: arn:aws:iam::${account}:user/nobody is not authorized to perform: dsql:GetCluster on resource: ${arn('us-east-1', identifier)} ` +
        'because no identity-based policy allows the dsql:GetCluster action',
    })
  }
  // What is not in the model keeps its name.
  await refused(send(client('us-east-1', { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 's3cret' }), 'ListClusters'), 'UnrecognizedClientException')
  await refused(send(client('us-east-1', { accessKeyId: 'AKIANOBODY', secretAccessKey: 'wrong' }), 'ListClusters'), 'InvalidSignatureException')
  await refused(send(client('us-east-1', { accessKeyId: 'AKIANOBODY', secretAccessKey: 's3cret', sessionToken: 'made up' }), 'ListClusters'), 'UnrecognizedClientException')
}

run(async () => {
  await Promise.all([missing(), invalid(), conflicts(), quotas()])
  await denied()
})
