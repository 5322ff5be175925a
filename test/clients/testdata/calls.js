// Makes the calls of a file with the AWS SDK for JavaScript, each with the keys of its user, and compares the answers.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const { client, send, refused, run } = require('./common.js')

run(async () => {
  for (const { name, region, operation, input, key, secret, denied } of JSON.parse(fs.readFileSync(process.argv[2]))) {
    const answer = send(client(region, { accessKeyId: key, secretAccessKey: secret }), operation, input)
    try {
      if (denied) await refused(answer, 'AccessDeniedException', { message: denied })
      else assert.equal((await answer).$metadata.httpStatusCode, 200)
    } catch (e) {
      throw new Error(name, { cause: e })
    }
  }
})
