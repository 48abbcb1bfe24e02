'use strict'
// The hello route as people write it: Express, an API key, CORS, a rate limit that never rejects.  express.js PORT KEY
const [port, key] = process.argv.slice(2)
const app = require('express')()
app.set('etag', false)
app.use(require('cors')({ origin: '*' }))
app.use((req, res, next) => (req.headers['x-api-key'] === key ? next() : res.status(403).json({ message: 'Forbidden' })))
app.use(require('express-rate-limit').rateLimit({ windowMs: 1000, limit: 1e9, standardHeaders: false, legacyHeaders: false }))
app.get('/hello/:name', (req, res) => res.json({ message: 'hello ' + req.params.name }))
app.listen(Number(port), '127.0.0.1')
