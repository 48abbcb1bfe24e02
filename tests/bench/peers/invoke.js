'use strict'
// The least that Node needs to answer Lambda's Invoke: its http module around a handler.  invoke.js PORT
const handler = async (event) => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: 'hello ' + event.pathParameters.name }) })
require('http').createServer((req, res) => {
  const parts = []
  req.on('data', (d) => parts.push(d))
  req.on('end', async () => {
    const out = JSON.stringify(await handler(JSON.parse(Buffer.concat(parts))))
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(out), 'x-amzn-RequestId': require('crypto').randomUUID() })
    res.end(out)
  })
}).listen(Number(process.argv[2]), '127.0.0.1')
