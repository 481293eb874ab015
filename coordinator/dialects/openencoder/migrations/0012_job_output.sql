-- What the result's file is called; the preset may be changed while its job runs. Null: the job has not been staged since.
alter table openencoder_jobs add column output_name text;
