-- case: version
-- rows: 1
-- has: 1500
SELECT current_setting('server_version_num')::int/100 as version;

-- case: timescale
-- rows: 0
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb';

-- case: tables
-- columns: table
-- rows: some
-- has: telemetry
select quote_ident(table_name) as "table" from information_schema.tables
    where quote_ident(table_schema) not in ('information_schema',
                             'pg_catalog',
                             '_timescaledb_cache',
                             '_timescaledb_catalog',
                             '_timescaledb_internal',
                             '_timescaledb_config',
                             'timescaledb_information',
                             'timescaledb_experimental')
      and
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          );

-- case: columns
-- columns: column, type
-- rows: 7
-- has: double precision
select quote_ident(column_name) as "column", data_type as "type"
    from information_schema.columns
    where quote_ident(table_name) = 'telemetry';

-- case: columns of the schema on the path
-- columns: column, type
-- rows: 5
-- has: metric
SELECT quote_ident(column_name) as "column", data_type as "type"
FROM information_schema.columns
WHERE quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )
 AND quote_ident(table_name) = 'telemetry' AND data_type IN ('text','character','character varying');

-- case: the table a new panel begins with
-- columns: table_name, time_column, value_column
-- rows: 1
-- has: telemetry
SELECT
	quote_ident(table_name) as table_name,
	( SELECT
	    quote_ident(column_name) as column_name
	  FROM information_schema.columns c
    WHERE
      c.table_schema = t.table_schema AND
      c.table_name = t.table_name AND
      udt_name IN ('timestamptz','timestamp')
    ORDER BY ordinal_position LIMIT 1
  ) AS time_column,
  ( SELECT
      quote_ident(column_name) AS column_name
    FROM information_schema.columns c
    WHERE
      c.table_schema = t.table_schema AND
      c.table_name = t.table_name AND
      udt_name='float8'
    ORDER BY ordinal_position LIMIT 1
  ) AS value_column
FROM information_schema.tables t
WHERE
  EXISTS
  ( SELECT 1
    FROM information_schema.columns c
    WHERE
      c.table_schema = t.table_schema AND
      c.table_name = t.table_name AND
      udt_name IN ('timestamptz','timestamp')
  ) AND
  EXISTS
  ( SELECT 1
    FROM information_schema.columns c
    WHERE
      c.table_schema = t.table_schema AND
      c.table_name = t.table_name AND
      udt_name='float8'
  )
LIMIT 1;

-- case: timeGroup, timeFilter
-- columns: time, value
-- rows: some
SELECT floor(extract(epoch from "time")/300)*300 AS "time", avg(value) AS "value"
FROM telemetry
WHERE "time" BETWEEN '2019-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z' AND metric = 'flow'
GROUP BY 1
ORDER BY 1;

-- case: timeGroupAlias with a metric column
-- columns: time, metric, value
-- rows: some
SELECT floor(extract(epoch from "time")/60)*60 AS "time", thing AS metric, max(value) AS value
FROM telemetry WHERE "time" BETWEEN '2019-01-01T00:00:00Z' AND '2100-01-01T00:00:00Z'
GROUP BY 1, 2 ORDER BY 1, 2;

-- case: timeGroup with TimescaleDB on
-- columns: time
-- rows: some
SELECT time_bucket('300.000s',"time") AS "time", max(value) FROM telemetry
WHERE "time" BETWEEN '2019-01-01T00:00:00.123Z' AND '2100-01-01T00:00:00.456Z' GROUP BY 1 ORDER BY 1;

-- case: unixEpochFilter and unixEpochGroup
-- rows: some
SELECT floor((extract(epoch from "time"))/60)*60 AS "time", count(*) FROM telemetry
WHERE extract(epoch from "time") >= 1546300800 AND extract(epoch from "time") <= 4102444800 GROUP BY 1;

-- case: timeFrom, timeTo
SELECT count(*) FROM telemetry WHERE "time" > '2019-01-01T00:00:00Z' AND "time" < '2100-01-01T00:00:00Z';

-- case: template variable
-- rows: some
SELECT DISTINCT thing AS "__text", thing AS "__value" FROM telemetry ORDER BY thing;

-- case: query builder
-- rows: some
SELECT AVG("value") AS "avg_value", "metric" FROM "telemetry" WHERE ("thing" IN ('tools-meter') AND "time" >= '2019-01-01T00:00:00Z') GROUP BY "metric" ORDER BY "metric" ASC LIMIT 50;

-- case: query builder with a schema
-- rows: some
SELECT "time", "value" FROM public.telemetry LIMIT 50;

-- case: last values
-- rows: some
SELECT DISTINCT ON (thing, metric) thing, metric, time, value FROM telemetry ORDER BY thing, metric, time DESC;
