/** A table of the product; the same condition as in `listTables`. */
const ofProduct = `c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  and not exists (select 1 from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/**
 * Makes a migrated database ready to take rows in any order and fast: empty, without foreign keys, triggers and the indexes
 * that no constraint stands on. {@link tighten} puts them back, in the same session. Needs no superuser, only the owner.
 */
export const loosen = `
create temp table loosened as
  select 1 as rank, pg_get_indexdef(i.indexrelid) as redo, format('drop index %s', i.indexrelid::regclass) as doing
  from pg_index i join pg_class c on c.oid = i.indrelid
  where ${ofProduct} and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)
  union all
  select 2, format('alter index %s alter column %s set statistics %s', c.oid::regclass, a.attnum, a.attstattarget), 'select 1'
  from pg_index i join pg_class t on t.oid = i.indrelid join pg_class c on c.oid = i.indexrelid join pg_attribute a on a.attrelid = c.oid
  where t.relnamespace = 'public'::regnamespace and a.attstattarget >= 0
  union all
  select 3, format('alter table %s add constraint %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)),
    format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname)
  from pg_constraint k join pg_class c on c.oid = k.conrelid where ${ofProduct} and k.contype = 'f'
  union all
  select 4, format('alter table %s enable trigger user', c.oid::regclass), format('alter table %s disable trigger user', c.oid::regclass)
  from pg_class c where ${ofProduct};
do $$
declare
  step record;
begin
  for step in select doing from loosened order by rank desc loop
    execute step.doing;
  end loop;
  for step in select string_agg(c.oid::regclass::text, ', ') as tables from pg_class c where ${ofProduct} loop
    execute 'truncate ' || step.tables;
  end loop;
end $$;`;

/** Puts back what {@link loosen} took away, and sets the counters of numbered columns behind what is there. */
export const tighten = `
do $$
declare
  step record;
begin
  for step in select redo from loosened order by rank loop
    execute step.redo;
  end loop;
  for step in
    select format('select setval(%L, coalesce((select max(%I) from %s), 0) + 1, false)',
      pg_get_serial_sequence(c.oid::regclass::text, a.attname), a.attname, c.oid::regclass) as redo
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where ${ofProduct} and pg_get_serial_sequence(c.oid::regclass::text, a.attname) is not null
  loop
    execute step.redo;
  end loop;
end $$;
drop table loosened;`;

/** Takes everything of the product out of a database: tables, functions, types, and the queue. Extensions stay. */
export const dropEverything = `
do $$
declare
  step record;
begin
  for step in
    select 1 as rank, format('drop table if exists %s cascade', c.oid::regclass) as doing from pg_class c where ${ofProduct}
    union all
    select 2, format('drop function if exists %s cascade', p.oid::regprocedure) from pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
    union all
    select 3, format('drop type if exists %s cascade', t.oid::regtype) from pg_type t
    where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
      and not exists (select 1 from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
    order by rank
  loop
    execute step.doing;
  end loop;
end $$;
drop schema if exists pgboss cascade;`;
