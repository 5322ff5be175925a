// A program that uses the PostgreSQL JDBC driver as applications do: metadata, prepared statements past their threshold, batches, cursors, COPY.
// It reads the environment that `opendsql env` prints, and says everything that is not as it must be.
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.postgresql.copy.CopyManager;

public class Driver {
    static int checks, faults;

    static void same(String what, Object want, Object got) {
        checks++;
        if (Objects.equals(want, got)) return;
        faults++;
        System.out.println(what + ": want " + want + ", got " + got);
    }

    interface Part {
        void run() throws Exception;
    }

    static void part(String name, Part p) {
        try {
            p.run();
        } catch (Exception e) {
            faults++;
            System.out.print(name + ": ");
            e.printStackTrace(System.out);
        }
    }

    static Properties login() {
        Properties p = new Properties();
        p.setProperty("user", System.getenv("PGUSER"));
        p.setProperty("password", System.getenv("PGPASSWORD"));
        String ca = System.getenv("PGSSLROOTCERT");
        p.setProperty("sslmode", ca == null ? "require" : "verify-ca");
        if (ca != null) {
            p.setProperty("sslrootcert", ca);
            p.setProperty("options", "-c amzn-cluster-id=" + System.getenv("PGHOST").split("\\.")[0]);
        }
        return p;
    }

    static Connection connect(String... more) throws SQLException {
        Properties p = login();
        for (int i = 0; i < more.length; i += 2) p.setProperty(more[i], more[i + 1]);
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE"), p);
    }

    static String state(SQLRunnable r) {
        try {
            r.run();
        } catch (SQLException e) {
            return e.getSQLState();
        }
        return "00000";
    }

    interface SQLRunnable {
        void run() throws SQLException;
    }

    static void run(Connection c, String... statements) throws SQLException {
        try (Statement s = c.createStatement()) {
            for (String sql : statements) s.execute(sql);
        }
    }

    static List<String> rows(ResultSet r, String... columns) throws SQLException {
        List<String> out = new ArrayList<>();
        while (r.next()) {
            StringJoiner line = new StringJoiner("|");
            for (String c : columns) line.add(String.valueOf(r.getObject(c)));
            out.add(line.toString());
        }
        r.close();
        return out;
    }

    static void metadata(Connection c) throws SQLException {
        run(c, "CREATE TABLE parent (id bigint PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', price numeric(10,2), UNIQUE (name))");
        DatabaseMetaData m = c.getMetaData();
        same("product", "PostgreSQL 16", m.getDatabaseProductName() + " " + m.getDatabaseMajorVersion());
        same("tables", List.of("parent|TABLE"), rows(m.getTables(null, "public", "%", new String[] {"TABLE", "VIEW"}), "TABLE_NAME", "TABLE_TYPE"));
        same("columns", List.of("id|-5|int8|19|0|NO|null", "name|12|varchar|20|0|NO|'x'::character varying", "price|2|numeric|10|2|YES|null"),
            rows(m.getColumns(null, "public", "parent", "%"), "COLUMN_NAME", "DATA_TYPE", "TYPE_NAME", "COLUMN_SIZE", "DECIMAL_DIGITS", "IS_NULLABLE", "COLUMN_DEF"));
        // The service's primary keys include every other column, which this driver takes for key columns too: the key's own come first.
        same("primary key", "id|1|parent_pkey", rows(m.getPrimaryKeys(null, "public", "parent"), "COLUMN_NAME", "KEY_SEQ", "PK_NAME").get(0));
        same("indexes", true, rows(m.getIndexInfo(null, "public", "parent", false, false), "INDEX_NAME", "COLUMN_NAME", "NON_UNIQUE")
            .containsAll(List.of("parent_name_key|name|false", "parent_pkey|id|false")));
        same("foreign keys", List.of(), rows(m.getImportedKeys(null, "public", "parent"), "FK_NAME"));
        same("exported keys", List.of(), rows(m.getExportedKeys(null, "public", "parent"), "FK_NAME"));
        same("best row", "id|int8", rows(m.getBestRowIdentifier(null, "public", "parent", 0, false), "COLUMN_NAME", "TYPE_NAME").get(0));
        same("schemas", true, rows(m.getSchemas(), "TABLE_SCHEM").containsAll(List.of("information_schema", "pg_catalog", "public")));
        same("catalogs", true, rows(m.getCatalogs(), "TABLE_CAT").contains(System.getenv("PGDATABASE")));
        same("types", true, rows(m.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int4", "text", "uuid", "jsonb")));
        same("functions", List.of("lower|1"), new ArrayList<>(new LinkedHashSet<>(rows(m.getFunctions(null, "pg_catalog", "lower"), "FUNCTION_NAME", "FUNCTION_TYPE"))));
        same("function columns", true, rows(m.getFunctionColumns(null, "pg_catalog", "upper", "%"), "COLUMN_NAME", "TYPE_NAME").contains("returnValue|text"));
        same("procedures", List.of(), rows(m.getProcedures(null, "public", "%"), "PROCEDURE_NAME"));
        same("table privileges", true, rows(m.getTablePrivileges(null, "public", "parent"), "PRIVILEGE").contains("SELECT"));
        same("column privileges", true, rows(m.getColumnPrivileges(null, "public", "parent", "id"), "PRIVILEGE").contains("SELECT"));
        same("user types", true, rows(m.getUDTs(null, "public", "%", null), "TYPE_NAME").contains("parent"));
        same("client info", true, rows(m.getClientInfoProperties(), "NAME").contains("ApplicationName"));
        same("keywords", true, m.getSQLKeywords().contains("ilike"));
        same("name length", 63, m.getMaxTableNameLength());
        same("isolation", Connection.TRANSACTION_REPEATABLE_READ, c.getTransactionIsolation());
        same("schema", "public", c.getSchema());
        try (PreparedStatement s = c.prepareStatement("SELECT id, name AS n, price * ? AS p FROM parent WHERE id = ?")) {
            ResultSetMetaData r = s.getMetaData();
            same("result columns", "id:int8:parent:0 n:varchar:parent:0 p:numeric::2",
                column(r, 1) + " " + column(r, 2) + " " + column(r, 3));
            same("auto increment", false, r.isAutoIncrement(1));
            ParameterMetaData p = s.getParameterMetaData();
            same("parameters", "numeric int8", p.getParameterTypeName(1) + " " + p.getParameterTypeName(2));
        }
    }

    static String column(ResultSetMetaData r, int i) throws SQLException {
        return r.getColumnLabel(i) + ":" + r.getColumnTypeName(i) + ":" + r.getTableName(i) + ":" + r.isNullable(i);
    }

    // Every type, before and after the driver prepares on the server and switches to the binary format.
    static void types(Connection c) throws SQLException {
        run(c, "CREATE TABLE kinds (id int PRIMARY KEY, i2 smallint, i8 bigint, f4 real, f8 double precision, n numeric(20,4), t text, v varchar(9), c char(4),"
            + " d date, tm time, ttz timetz, ts timestamp, tz timestamptz, b boolean, by bytea, u uuid, j json, jb jsonb, iv interval)");
        UUID u = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        try (PreparedStatement s = c.prepareStatement("INSERT INTO kinds VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?::json,?::jsonb,?::interval)")) {
            for (int id = 1; id <= 8; id++) {
                s.setInt(1, id);
                s.setShort(2, Short.MIN_VALUE);
                s.setLong(3, Long.MAX_VALUE);
                s.setFloat(4, 1.5e-30f);
                s.setDouble(5, -Double.MAX_VALUE);
                s.setBigDecimal(6, new BigDecimal("-1234567890123456.7890"));
                s.setString(7, "žluťoučký ☃");
                s.setString(8, "nine char");
                s.setString(9, "ab");
                s.setObject(10, LocalDate.of(2024, 2, 29));
                s.setObject(11, LocalTime.of(23, 59, 59, 999999000));
                s.setObject(12, OffsetTime.of(1, 2, 3, 0, ZoneOffset.ofHours(5)));
                s.setObject(13, LocalDateTime.of(1999, 12, 31, 23, 59, 59, 123456000));
                s.setObject(14, OffsetDateTime.of(2024, 1, 1, 0, 0, 0, 0, ZoneOffset.ofHours(2)));
                s.setBoolean(15, true);
                s.setBytes(16, new byte[] {0, 1, -1, 92});
                s.setObject(17, u);
                s.setString(18, "{\"a\":  1}");
                s.setString(19, "{\"b\":[1,2],\"a\":null}");
                s.setString(20, "1 mon -2 days 03:04:05.6");
                same("insert", 1, s.executeUpdate());
            }
            s.setInt(1, 9);
            for (int i = 2; i <= 20; i++) s.setNull(i, Types.OTHER);
            same("insert nulls", 1, s.executeUpdate());
        }
        try (PreparedStatement s = c.prepareStatement("SELECT * FROM kinds WHERE id = ?")) {
            for (int id = 1; id <= 8; id++) {
                s.setInt(1, id);
                try (ResultSet r = s.executeQuery()) {
                    same("row", true, r.next());
                    same("i2", Short.MIN_VALUE, r.getShort("i2"));
                    same("i8", Long.MAX_VALUE, r.getLong("i8"));
                    same("f4", 1.5e-30f, r.getFloat("f4"));
                    same("f8", -Double.MAX_VALUE, r.getDouble("f8"));
                    same("n", new BigDecimal("-1234567890123456.7890"), r.getBigDecimal("n"));
                    same("t", "žluťoučký ☃", r.getString("t"));
                    same("v", "nine char", r.getString("v"));
                    same("c", "ab  ", r.getString("c"));
                    same("d", LocalDate.of(2024, 2, 29), r.getObject("d", LocalDate.class));
                    same("tm", LocalTime.of(23, 59, 59, 999999000), r.getObject("tm", LocalTime.class));
                    same("ttz", LocalTime.of(20, 2, 3), r.getObject("ttz", OffsetTime.class).withOffsetSameInstant(ZoneOffset.UTC).toLocalTime());
                    same("ts", LocalDateTime.of(1999, 12, 31, 23, 59, 59, 123456000), r.getObject("ts", LocalDateTime.class));
                    same("tz", Instant.parse("2023-12-31T22:00:00Z"), r.getObject("tz", OffsetDateTime.class).toInstant());
                    same("b", true, r.getBoolean("b"));
                    same("by", "[0, 1, -1, 92]", Arrays.toString(r.getBytes("by")));
                    same("u", u, r.getObject("u"));
                    same("j", "{\"a\":  1}", r.getString("j"));
                    same("jb", "{\"a\": null, \"b\": [1, 2]}", r.getString("jb"));
                    same("iv", "0 years 1 mons -2 days 3 hours 4 mins 5.6 secs", r.getObject("iv").toString());
                }
            }
            s.setInt(1, 9);
            try (ResultSet r = s.executeQuery()) {
                r.next();
                for (int i = 2; i <= 20; i++) same("null " + i, null, r.getObject(i));
            }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT ?::int[], id FROM kinds WHERE id = ANY (?) AND t = ANY (?) ORDER BY id")) {
            for (int i = 0; i < 7; i++) {
                s.setArray(1, c.createArrayOf("int4", new Integer[] {1, null, -3}));
                s.setArray(2, c.createArrayOf("int4", new Integer[] {2, 4, 99}));
                s.setArray(3, c.createArrayOf("text", new String[] {"žluťoučký ☃", "a,\"b\\"}));
                try (ResultSet r = s.executeQuery()) {
                    r.next();
                    same("array", "[1, null, -3]", Arrays.toString((Object[]) r.getArray(1).getArray()));
                    same("any", 2, r.getInt(2));
                    r.next();
                    same("any", 4, r.getInt(2));
                    same("end", false, r.next());
                }
            }
        }
    }

    static void batches(Connection c) throws SQLException {
        run(c, "CREATE TABLE lot (id int PRIMARY KEY, t text)");
        try (PreparedStatement s = c.prepareStatement("INSERT INTO lot VALUES (?, ?)")) {
            for (int i = 0; i < 500; i++) {
                s.setInt(1, i);
                s.setString(2, "row " + i);
                s.addBatch();
            }
            same("batch", 500, Arrays.stream(s.executeBatch()).sum());
            for (int i : new int[] {1000, 1001, 5, 1002}) {
                s.setInt(1, i);
                s.setString(2, "again");
                s.addBatch();
            }
            try {
                s.executeBatch();
                throw new AssertionError("a batch with a duplicate key went through");
            } catch (BatchUpdateException e) {
                same("batch error", "23505", e.getSQLState());
            }
        }
        try (Statement s = c.createStatement()) {
            s.addBatch("INSERT INTO lot VALUES (2000, 'a')");
            s.addBatch("UPDATE lot SET t = 'b' WHERE id = 2000");
            s.addBatch("DELETE FROM lot WHERE id >= 2000");
            same("mixed batch", "[1, 1, 1]", Arrays.toString(s.executeBatch()));
            ResultSet r = s.executeQuery("SELECT count(*) FROM lot");
            r.next();
            same("rows", 500, r.getInt(1));
        }
        try (PreparedStatement s = c.prepareStatement("INSERT INTO lot VALUES (?, ?)", Statement.RETURN_GENERATED_KEYS)) {
            s.setInt(1, 3000);
            s.setString(2, "k");
            s.executeUpdate();
            ResultSet r = s.getGeneratedKeys();
            r.next();
            same("generated keys", 3000, r.getInt("id"));
        }
        try (Statement s = c.createStatement()) {
            boolean result = s.execute("SELECT 1; UPDATE lot SET t = t WHERE id < 3; SELECT 'x'");
            same("first of three", true, result);
            same("second of three", false, s.getMoreResults());
            same("updated", 3, s.getUpdateCount());
            same("third of three", true, s.getMoreResults());
        }
    }

    // A result read in pieces: a portal that stays open between Executes.
    static void cursor(Connection c) throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("SELECT id FROM lot WHERE id < 500 ORDER BY id")) {
            s.setFetchSize(7);
            try (ResultSet r = s.executeQuery()) {
                for (int i = 0; i < 500; i++) {
                    same("cursor", true, r.next());
                    same("cursor", i, r.getInt(1));
                    if (i == 20) run(c, "UPDATE lot SET t = 'seen' WHERE id = 400");
                }
                same("cursor's end", false, r.next());
            }
            try (ResultSet r = s.executeQuery()) {
                r.next();
            }
        }
        c.commit();
        try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
            ResultSet r = s.executeQuery("SELECT id, t FROM lot WHERE id >= 399 AND id < 401 ORDER BY id");
            r.last();
            same("scroll", "seen", r.getString(2));
            r.first();
            same("scroll", 399, r.getInt(1));
        }
        c.commit();
        c.setAutoCommit(true);
    }

    static void errors(Connection c) throws SQLException {
        same("syntax", "42601", state(() -> run(c, "SELEC 1")));
        same("no table", "42P01", state(() -> run(c, "SELECT * FROM nowhere")));
        same("not null", "23502", state(() -> run(c, "INSERT INTO parent (id, name) VALUES (1, NULL)")));
        try {
            run(c, "INSERT INTO parent (id, name) VALUES (1, NULL)");
        } catch (org.postgresql.util.PSQLException e) {
            same("column", "public parent name", e.getServerErrorMessage().getSchema() + " " + e.getServerErrorMessage().getTable() + " " + e.getServerErrorMessage().getColumn());
        }
        c.setAutoCommit(false);
        same("in a block", "42P01", state(() -> run(c, "SELECT * FROM nowhere")));
        same("after an error", "25P02", state(() -> run(c, "SELECT 1")));
        c.rollback();
        same("after rollback", "00000", state(() -> run(c, "SELECT 1")));
        c.rollback();
        c.setAutoCommit(true);
        c.setReadOnly(true);
        c.setAutoCommit(false);
        same("read only", "25006", state(() -> run(c, "INSERT INTO lot VALUES (7000, '')")));
        c.rollback();
        c.setAutoCommit(true);
        c.setReadOnly(false);
        same("valid", true, c.isValid(5));
        run(c, "CREATE TABLE IF NOT EXISTS lot (a int)");
        try (Statement s = c.createStatement()) {
            s.execute("DROP TABLE IF EXISTS nowhere");
            same("notice", "table \"nowhere\" does not exist, skipping", s.getWarnings().getMessage());
        }
    }

    // A statement prepared on the server meets changes of the schema by another session.
    static void change(Connection c, Connection other) throws SQLException {
        String table = "CREATE TABLE moving (id int PRIMARY KEY, a int)", row = "INSERT INTO moving VALUES (1, 2)", drop = "DROP TABLE moving";
        run(other, table, row);
        try (PreparedStatement s = c.prepareStatement("SELECT id, a FROM moving WHERE id = ?");
            PreparedStatement all = c.prepareStatement("SELECT * FROM moving WHERE id = ?")) {
            ((PGStatement) s).setPrepareThreshold(1);
            ((PGStatement) all).setPrepareThreshold(1);
            for (int i = 0; i < 6; i++) {
                if (i == 2) run(other, "CREATE TABLE beside (a int)");
                if (i == 3) run(other, drop, table, row);
                if (i == 4) run(other, drop, "CREATE TABLE moving (id int PRIMARY KEY, more text, a int)", "INSERT INTO moving VALUES (1, 'm', 2)");
                s.setInt(1, 1);
                try (ResultSet r = s.executeQuery()) {
                    r.next();
                    same("after a change", 2, r.getInt("a"));
                }
                all.setInt(1, 1);
                try (ResultSet r = all.executeQuery()) {
                    same("columns after a change", i < 4 ? 2 : 3, r.getMetaData().getColumnCount());
                }
            }
            c.setAutoCommit(false);
            for (String sql : new String[] {drop, table}) run(other, sql);
            same("in a block", "0A000", state(() -> all.executeQuery()));
            c.rollback();
            c.setAutoCommit(true);
        }
    }

    static void copy(Connection c) throws Exception {
        CopyManager m = c.unwrap(PGConnection.class).getCopyAPI();
        run(c, "CREATE TABLE copied (id int PRIMARY KEY, t text)");
        same("copy in", 3L, m.copyIn("COPY copied FROM STDIN (FORMAT csv)", new StringReader("1,a\n2,\"b,\"\"c\"\n3,\n")));
        StringWriter w = new StringWriter();
        same("copy out", 3L, m.copyOut("COPY (SELECT * FROM copied ORDER BY id) TO STDOUT", w));
        same("copied", "1\ta\n2\tb,\"c\n3\t\\N\n", w.toString());
        same("copy of a duplicate", "23505", state(() -> {
            try {
                m.copyIn("COPY copied FROM STDIN (FORMAT csv)", new StringReader("4,a\n1,b\n"));
            } catch (java.io.IOException e) {
                throw new SQLException(e);
            }
        }));
        same("usable", "00000", state(() -> run(c, "SELECT 1")));
    }

    public static void main(String[] args) throws Exception {
        try (Connection c = connect("ApplicationName", "jdbc test"); Connection other = connect("prepareThreshold", "0")) {
            part("metadata", () -> metadata(c));
            part("types", () -> types(c));
            part("batches", () -> batches(c));
            part("cursor", () -> cursor(c));
            part("errors", () -> errors(c));
            part("change", () -> change(c, other));
            part("copy", () -> copy(c));
        }
        part("simple mode", () -> simple());
        part("rewritten batch", () -> rewritten());
        System.out.println("checks: " + (faults == 0 ? "no faults" : faults + " faults") + " in " + checks);
        System.exit(faults == 0 ? 0 : 1);
    }

    static void simple() throws SQLException {
        try (Connection c = connect("preferQueryMode", "simple"); PreparedStatement s = c.prepareStatement("SELECT ?::int + 1")) {
            s.setInt(1, 41);
            ResultSet r = s.executeQuery();
            r.next();
            same("simple mode", 42, r.getInt(1));
        }
    }

    static void rewritten() throws SQLException {
        try (Connection c = connect("reWriteBatchedInserts", "true"); PreparedStatement s = c.prepareStatement("INSERT INTO lot VALUES (?, ?)")) {
            for (int i = 0; i < 100; i++) {
                s.setInt(1, 10000 + i);
                s.setString(2, "r");
                s.addBatch();
            }
            same("rewritten batch", 100, s.executeBatch().length);
        }
    }
}
