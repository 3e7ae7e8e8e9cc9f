-- case: session
-- columns: current_schema, session_user
-- rows: 1
-- has: public
SELECT current_schema(),session_user;

-- case: version
-- rows: 1
SELECT version();

-- case: search path
-- rows: 1
SHOW search_path;

-- case: databases
-- params: ["headwater"]
-- columns: oid
-- rows: 1
-- has: headwater
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE 1=1 AND datallowconn AND NOT datistemplate OR db.datname = $1
ORDER BY db.datname;

-- case: keywords, as the driver asks
-- rows: 1
select string_agg(word, ',') from pg_catalog.pg_get_keywords() where word <> ALL ('{a,abs,absolute,action,ada,add,admin,after,all,allocate,alter,always,and,any,are}'::text[]);

-- case: schemas
-- columns: oid, oid, nspname
-- rows: 3
-- has: public
SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass
ORDER BY nspname;

-- case: data types
-- rows: some
-- has: timestamptz
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL
AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C');

-- case: tables
-- rows: some
-- has: telemetry
SELECT c.oid,c.*,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr,  pg_catalog.pg_get_partkeydef(c.oid) as partition_key
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=2200 AND c.relkind not in ('i','I','c');

-- case: columns of all tables
-- rows: some
-- has: metric
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.relnamespace=2200
ORDER BY a.attnum;

-- case: columns of one table
-- rows: 7
-- has: metric
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description,dep.objid
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid
WHERE NOT a.attisdropped AND c.relkind not in ('i','I','c') AND c.oid='public.telemetry'::regclass
ORDER BY a.attnum;

-- case: constraints
-- rows: 0
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description, case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end consrc_copy
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE c.conrelid='public.telemetry'::regclass
ORDER BY c.oid;

-- case: foreign keys to a schema
-- rows: 0
SELECT c.oid,c.*,t.relname as tabrelname,rt.relnamespace as refnamespace,d.description
FROM pg_catalog.pg_constraint c
INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid
LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass
WHERE t.relnamespace=2200
ORDER BY c.oid;

-- case: indexes
-- rows: 0
SELECT i.*,i.indkey as keys,c.relname,c.relnamespace,c.relam,c.reltablespace,tc.relname as tabrelname,dsc.description,pg_catalog.pg_get_expr(i.indpred, i.indrelid) as pred_expr,pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expr,pg_catalog.pg_relation_size(i.indexrelid) as index_rel_size,pg_catalog.pg_stat_get_numscans(i.indexrelid) as index_num_scans
FROM pg_catalog.pg_index i
INNER JOIN pg_catalog.pg_class c ON c.oid=i.indexrelid
INNER JOIN pg_catalog.pg_class tc ON tc.oid=i.indrelid
LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid=dsc.objoid
WHERE i.indrelid='public.telemetry'::regclass
ORDER BY tabrelname, c.relname;

-- case: triggers
-- rows: 0
SELECT x.oid,x.*,p.pronamespace as func_schema_id,d.description
FROM pg_catalog.pg_trigger x
LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid=x.tgfoid
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=x.oid AND d.objsubid=0
WHERE x.tgrelid='public.telemetry'::regclass AND NOT x.tgisinternal;

-- case: procedures of a schema
SELECT p.oid as poid,p.*,pg_catalog.pg_get_expr(p.proargdefaults, 0) as arg_defaults,d.description
FROM pg_catalog.pg_proc p
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=p.oid
WHERE p.pronamespace=2200
ORDER BY p.proname;

-- case: inheritance
-- rows: 0
SELECT i.*,c.relnamespace FROM pg_catalog.pg_inherits i,pg_catalog.pg_class c
WHERE i.inhrelid='public.telemetry'::regclass AND c.oid=i.inhparent
ORDER BY i.inhseqno;

-- case: roles
-- rows: some
-- has: headwater
SELECT a.oid,a.*,pd.description FROM pg_catalog.pg_roles a
left join pg_catalog.pg_shdescription pd on a.oid = pd.objoid
ORDER BY a.rolname;

-- case: memberships
-- rows: 0
SELECT m.* FROM pg_catalog.pg_auth_members m ORDER BY m.roleid;

-- case: tablespaces
-- rows: some
SELECT t.oid,t.*,pg_tablespace_location(t.oid) loc FROM pg_catalog.pg_tablespace t ORDER BY t.oid;

-- case: extensions
-- rows: 0
SELECT e.oid,e.extname,n.nspname as schema_name,e.extversion FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid=e.extnamespace ORDER BY e.extname;

-- case: settings
-- rows: some
-- has: statement_timeout
select * from pg_catalog.pg_settings;

-- case: sizes
-- rows: some
SELECT c.oid,pg_catalog.pg_total_relation_size(c.oid) as total_rel_size,pg_catalog.pg_relation_size(c.oid) as rel_size
FROM pg_class c WHERE c.relnamespace=2200;

-- case: sessions
SELECT sa.* FROM pg_catalog.pg_stat_activity sa;

-- case: rows of a table
-- columns: time, thing, metric, value
-- rows: some
SELECT x.* FROM public.telemetry x LIMIT 200;

-- case: rows of a table, sorted and counted
-- rows: 1
SELECT count(*) FROM (SELECT x.* FROM public.telemetry x ORDER BY x."time" DESC) dbvrcnt;

-- case: enum labels
-- rows: 0
SELECT e.oid,e.* FROM pg_catalog.pg_enum e WHERE e.enumtypid=25 ORDER BY e.enumsortorder;

-- case: rules
-- rows: 0
SELECT r.oid,r.rulename FROM pg_catalog.pg_rewrite r WHERE r.ev_class='public.telemetry'::regclass;

-- case: policies
-- rows: 0
SELECT pol.oid,pol.* FROM pg_catalog.pg_policy pol WHERE pol.polrelid='public.telemetry'::regclass;

-- case: collations and access methods
-- rows: some
SELECT am.oid,am.* FROM pg_catalog.pg_am am ORDER BY am.oid;

-- case: event triggers
-- rows: 0
SELECT et.oid,et.* FROM pg_catalog.pg_event_trigger et;

-- case: languages
-- rows: some
SELECT l.oid,l.* FROM pg_catalog.pg_language l ORDER BY l.oid;

-- case: explain
-- rows: some
EXPLAIN SELECT thing, max(value) FROM public.telemetry GROUP BY thing;
