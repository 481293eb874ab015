-- What is published of a job of the grid goes with it, in the very transaction of its removal: no name outlives its bytes.
alter table anime_names add column job_id uuid references jobs on delete cascade;
alter table anime_published add column job_id uuid references jobs on delete cascade;

update anime_renditions r set job_id = null where not exists (select 1 from jobs j where j.job_id = r.job_id);
alter table anime_renditions add constraint anime_renditions_of_job foreign key (job_id) references jobs on delete set null;
-- Renditions whose job was removed before they were ready.
create index anime_renditions_lost on anime_renditions (task_id) where job_id is null and state is null;

-- What there is of earlier versions. The master is made when it is asked for.
delete from anime_published p using anime_renditions r
where r.task_id = p.task_id and r.rendition = p.rendition and r.job_id is null;
update anime_published p set job_id = r.job_id from anime_renditions r
where r.task_id = p.task_id and r.rendition = p.rendition;
create temporary table made on commit drop as
select task_id, job_id, 'h264_' || rendition || case when rendition like '%\_uspp' then '_full' else '_uspp' end as suffix
from anime_renditions;
delete from anime_names n using made m
where m.task_id = n.task_id and m.job_id is null and right(split_part(n.name, '.', 1), length(m.suffix)) = m.suffix;
update anime_names n set job_id = m.job_id from made m
where m.task_id = n.task_id and right(split_part(n.name, '.', 1), length(m.suffix)) = m.suffix;

create index anime_names_job on anime_names (job_id);
create index anime_published_job on anime_published (job_id);
