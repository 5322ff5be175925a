// A program that uses node-postgres as applications do, and what is built on it where that is installed. It reads what `opendsql env` prints, and
// stops at the first thing that is not as it must be.
const assert = require('node:assert/strict')
const fs = require('node:fs')
const net = require('node:net')
const { once } = require('node:events')

const ca = process.env.PGSSLROOTCERT
const config = {
  host: '127.0.0.1', port: +process.env.PGPORT, user: process.env.PGUSER, password: process.env.PGPASSWORD, database: process.env.PGDATABASE,
  ssl: ca ? { ca: fs.readFileSync(ca), servername: process.env.PGHOST } : { rejectUnauthorized: false },
}
delete process.env.PGSSLMODE // the settings above say it all

function optional (name) {
  try {
    return require(name)
  } catch {
    console.log(`without ${name}, which is not installed`)
    return null
  }
}

async function code (promise) {
  try {
    await promise
  } catch (e) {
    return e.code
  }
  return '00000'
}

const values = [
  ['smallint', -32768], ['integer', 2147483647], ['bigint', '-9223372036854775808'], ['real', 1.5], ['double precision', -1e300],
  ['numeric', '-12345678901234567890.123'], ['text', "☃ 'quoted' \\"], ['varchar(5)', 'abcde'], ['char(3)', 'a  '], ['time', '23:59:59.999999'],
  ['timetz', '01:02:03-05'], ['timestamptz', new Date('2024-02-29T01:02:03.004Z')], ['boolean', true], ['bytea', Buffer.from([0, 255, 92])],
  ['uuid', '00112233-4455-6677-8899-aabbccddeeff'], ['json', { a: [1, null] }], ['jsonb', { b: 1.5 }],
]

async function types (c) {
  for (const [type, value] of values) {
    const r = await c.query(`SELECT $1::${type} AS a, $2::${type} AS b`, [value, null])
    assert.deepEqual(r.rows[0], { a: value, b: null }, type)
  }
  const r = await c.query("SELECT $1::int[] AS a, $2::text[] AS b, '1 day 02:03:04.5'::interval AS c, $3::date AS d", [[1, null], ['x,"', null], '2024-02-29'])
  assert.deepEqual(r.rows[0].a, [1, null])
  assert.deepEqual(r.rows[0].b, ['x,"', null])
  assert.deepEqual({ ...r.rows[0].c }, { days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 500 })
  assert.equal(r.rows[0].d.getDate(), 29)
}

async function statements (c, other) {
  await c.query('CREATE TABLE item (id int PRIMARY KEY, t text, n numeric(10,2))')
  await c.query('BEGIN')
  for (let i = 0; i < 100; i++) await c.query({ name: 'add', text: 'INSERT INTO item VALUES ($1, $2, $3)', values: [i, `t${i}`, i / 4] })
  await c.query('COMMIT')
  await other.query('CREATE TABLE beside (a int)')
  const r = await c.query({ name: 'get', text: 'SELECT n, t FROM item WHERE id = ANY($1) ORDER BY id', values: [[5, 7, 1000]], rowMode: 'array' })
  assert.deepEqual(r.rows, [['1.25', 't5'], ['1.75', 't7']])
  assert.deepEqual(r.fields.map(f => [f.name, f.dataTypeID, f.format]), [['n', 1700, 'text'], ['t', 25, 'text']])
  const many = await c.query("SELECT 1 AS a; UPDATE item SET t = t WHERE id < 3; SELECT 'x' AS b")
  assert.deepEqual(many.map(x => [x.command, x.rowCount]), [['SELECT', 1], ['UPDATE', 3], ['SELECT', 1]])
}

async function errors (c) {
  const e = await c.query('INSERT INTO item (id) VALUES ($1)', [1]).catch(e => e)
  assert.deepEqual([e.code, e.severity, e.schema, e.table, e.constraint, e.detail], ['23505', 'ERROR', 'public', 'item', 'item_pkey', 'Key (id)=(1) already exists.'])
  const p = await c.query('SELECT * FROM item WHERE nowhere = 1').catch(e => e)
  assert.deepEqual([p.code, p.position], ['42703', '26'])
  assert.equal(await code(c.query('SELECT 1/$1::int', [0])), '22012')
  assert.equal(await code(c.query("SELECT $1::int", ['x'])), '22P02')
  await c.query('BEGIN')
  assert.equal(await code(c.query('SELECT nowhere')), '42703')
  assert.equal(await code(c.query('SELECT 1')), '25P02')
  await c.query('ROLLBACK')
  const notices = []
  c.on('notice', n => notices.push(n.message))
  await c.query('DROP TABLE IF EXISTS nowhere')
  assert.deepEqual(notices, ['table "nowhere" does not exist, skipping'])
}

// A cancel request on a connection of its own, through TLS as libpq of version 17 makes it, and in plain text as all before did.
async function cancel (c) {
  const running = code(c.query('SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b'))
  await new Promise(resolve => setTimeout(resolve, 200))
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80877102, 4)
  request.writeInt32BE(c.processID, 8)
  request.writeInt32BE(c.secretKey, 12)
  const s = net.connect(config.port, config.host)
  s.write(request)
  s.resume()
  await once(s, 'close')
  assert.equal(await running, '57014')
  assert.equal((await c.query('SELECT 1 AS one')).rows[0].one, 1)
}

async function cursor (c) {
  const Cursor = optional('pg-cursor')
  if (!Cursor) return
  await c.query('BEGIN')
  const x = c.query(new Cursor('SELECT id FROM item WHERE id >= $1 ORDER BY id', [10]))
  let seen = 10
  for (let rows; (rows = await x.read(7)).length > 0;) for (const r of rows) assert.equal(r.id, seen++)
  assert.equal(seen, 100)
  await x.close()
  await c.query('COMMIT')
}

async function copy (c) {
  const streams = optional('pg-copy-streams')
  if (!streams) return
  const to = c.query(streams.from('COPY item (id, t) FROM STDIN'))
  for (let i = 1000; i < 2000; i++) to.write(`${i}\tline ${i}\n`)
  to.end()
  await once(to, 'finish')
  const from = c.query(streams.to('COPY (SELECT id FROM item WHERE id >= 1000 ORDER BY id) TO STDOUT'))
  let text = ''
  for await (const chunk of from) text += chunk
  assert.equal(text.split('\n').length, 1001)
}

async function kysely (pg) {
  const k = optional('kysely')
  if (!k) return
  const db = new k.Kysely({ dialect: new k.PostgresDialect({ pool: new pg.Pool({ ...config, max: 2 }) }) })
  await db.schema.createTable('person').addColumn('id', 'uuid', c => c.primaryKey().defaultTo(k.sql`gen_random_uuid()`))
    .addColumn('name', 'varchar(50)', c => c.notNull().unique()).addColumn('age', 'integer').execute()
  await db.insertInto('person').values([{ name: 'ann', age: 40 }, { name: 'bob', age: 30 }]).execute()
  const old = await db.selectFrom('person').select(['name', ({ fn }) => fn.countAll().over().as('n')]).where('age', '>', 35).execute()
  assert.deepEqual(old, [{ name: 'ann', n: '1' }])
  await db.transaction().execute(t => t.updateTable('person').set({ age: 41 }).where('name', '=', 'ann').execute())
  const tables = await db.introspection.getTables()
  assert.deepEqual(tables.find(t => t.name === 'person').columns.map(c => [c.name, c.dataType, c.isNullable, c.hasDefaultValue]),
    [['id', 'uuid', false, true], ['name', 'varchar', false, false], ['age', 'int4', true, false]])
  await db.destroy()
}

async function drizzle (pg) {
  const d = optional('drizzle-orm/node-postgres')
  if (!d) return
  const t = require('drizzle-orm/pg-core')
  const { eq, sql, desc } = require('drizzle-orm')
  const pool = new pg.Pool({ ...config, max: 2 })
  const db = d.drizzle(pool)
  const city = t.pgTable('city', { id: t.integer('id').primaryKey(), name: t.text('name').notNull(), founded: t.date('founded'), facts: t.jsonb('facts') })
  await db.execute(sql`CREATE TABLE city (id int PRIMARY KEY, name text NOT NULL, founded date, facts jsonb)`)
  await db.insert(city).values([{ id: 1, name: 'Ulm', founded: '0854-07-22', facts: { river: 'Danube' } }, { id: 2, name: 'Bonn' }])
  await db.transaction(async tx => { await tx.update(city).set({ name: 'Köln' }).where(eq(city.id, 2)) })
  assert.deepEqual(await db.select().from(city).orderBy(desc(city.id)),
    [{ id: 2, name: 'Köln', founded: null, facts: null }, { id: 1, name: 'Ulm', founded: '0854-07-22', facts: { river: 'Danube' } }])
  await pool.end()
}

async function knex () {
  const make = optional('knex')
  if (!make) return
  const db = make({ client: 'pg', connection: config, pool: { min: 0, max: 2 } })
  await db.schema.createTable('book', t => { t.uuid('id').primary(); t.string('title', 100).notNullable(); t.decimal('price', 8, 2); t.timestamp('at') })
  assert.equal(await db.schema.hasTable('book'), true)
  assert.equal(await db.schema.hasColumn('book', 'price'), true)
  await db('book').insert({ id: db.raw('gen_random_uuid()'), title: 'A', price: 9.5 })
  assert.deepEqual(await db('book').where('price', '<', 10).select('title'), [{ title: 'A' }])
  assert.deepEqual(Object.keys(await db('book').columnInfo()), ['id', 'title', 'price', 'at'])
  await db.destroy()
}

async function sequelize () {
  const S = optional('sequelize')
  if (!S) return
  const db = new S.Sequelize(config.database, config.user, config.password, {
    dialect: 'postgres', host: config.host, port: config.port, dialectOptions: { ssl: config.ssl, clientMinMessages: 'ignore' }, logging: false, isolationLevel: null,
  })
  const Car = db.define('car', { id: { type: S.DataTypes.UUID, primaryKey: true, defaultValue: S.DataTypes.UUIDV4 }, brand: { type: S.DataTypes.STRING, unique: true }, doors: S.DataTypes.INTEGER })
  await Car.create({ brand: 'x', doors: 3 }).catch(e => assert.equal(e.parent.code, '42P01'))
  await db.query('CREATE TABLE cars (id uuid PRIMARY KEY, brand varchar(255) UNIQUE, doors int, "createdAt" timestamptz NOT NULL, "updatedAt" timestamptz NOT NULL)')
  await Car.create({ brand: 'dacia', doors: 5 })
  const [car] = await Car.findAll({ where: { doors: { [S.Op.gte]: 5 } } })
  assert.equal(car.brand, 'dacia')
  car.doors = 4
  await car.save()
  assert.equal(await Car.count({ where: { doors: 4 } }), 1)
  const columns = await db.getQueryInterface().describeTable('cars')
  assert.deepEqual([columns.id.type, columns.brand.type, columns.doors.allowNull], ['UUID', 'CHARACTER VARYING(255)', true])
  await db.close()
}

async function typeorm () {
  const o = optional('typeorm')
  if (!o) return
  const Plant = new o.EntitySchema({
    name: 'Plant', tableName: 'plant', columns: {
      id: { type: 'uuid', primary: true }, name: { type: 'varchar', length: 50, unique: true }, height: { type: 'numeric', precision: 8, scale: 2, nullable: true },
      at: { type: 'timestamptz', default: () => 'now()' },
    },
  })
  const source = new o.DataSource({
    type: 'postgres', host: config.host, port: config.port, username: config.user, password: config.password, database: config.database, ssl: config.ssl,
    entities: [Plant], installExtensions: false,
  })
  await source.initialize()
  await source.synchronize()
  await source.synchronize() // finds all as it should be
  const plants = source.getRepository(Plant)
  await plants.save({ id: '00112233-4455-6677-8899-aabbccddeeff', name: 'oak', height: '12.5' })
  await source.transaction(m => m.update(Plant, { name: 'oak' }, { height: '13' }))
  const [oak] = await plants.find({ where: { name: 'oak' } })
  assert.deepEqual([oak.height, oak.at instanceof Date], ['13.00', true])
  await source.destroy()
}

async function postgresJS () {
  const postgres = optional('postgres')
  if (!postgres) return
  const sql = postgres({ host: config.host, port: config.port, username: config.user, password: config.password, database: config.database, ssl: config.ssl, max: 1, onnotice () {} })
  const ids = [1, 2, 3]
  assert.deepEqual((await sql`SELECT id, t FROM item WHERE id IN ${sql(ids)} ORDER BY id`).map(r => r.t), ['t1', 't2', 't3'])
  assert.deepEqual([...await sql`SELECT ${[1, 2]}::int[] AS a, ${sql.json({ x: 1 })}::jsonb AS j, ${new Date(0)}::timestamptz AS t`],
    [{ a: [1, 2], j: { x: 1 }, t: new Date(0) }])
  await sql.begin(async tx => { await Promise.all([tx`UPDATE item SET t = 'a' WHERE id = 1`, tx`UPDATE item SET t = 'b' WHERE id = 2`]) })
  let n = 0
  await sql`SELECT id FROM item WHERE id < 100 ORDER BY id`.cursor(9, rows => { n += rows.length })
  assert.equal(n, 100)
  await sql.end()
}

async function main () {
  const pg = require('pg')
  const [c, other] = [new pg.Client(config), new pg.Client(config)]
  await c.connect()
  await other.connect()
  await types(c)
  await statements(c, other)
  await errors(c)
  await cancel(c)
  await cursor(c)
  await copy(c)
  await kysely(pg)
  await drizzle(pg)
  await knex()
  await sequelize()
  await typeorm()
  await postgresJS()
  await c.end()
  await other.end()
  console.log('ok')
}

main().catch(e => { console.error(e); process.exit(1) })
