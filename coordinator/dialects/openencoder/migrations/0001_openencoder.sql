create table openencoder_presets (
  preset_id integer generated always as identity primary key,
  name text not null unique,
  description text not null,
  data text not null,
  output text not null,
  active boolean not null
);

insert into openencoder_presets (name, description, data, output, active)
select name, description, json_build_object('raw', json_build_array(
    '-vf scale=-2:' || height, '-c:v libx264', '-profile:v ' || profile, '-level:v ' || level,
    '-x264opts scenecut=0:open_gop=0:min-keyint=72:keyint=72', '-minrate ' || rate, '-maxrate ' || rate,
    '-bufsize ' || rate, '-b:v ' || rate, '-y'))::text,
  name || '.mp4', true
from (values
  (1, 'h264_baseline_360p_600', 'H.264 baseline, 360 lines, 600 kbit/s', '360', 'baseline', '3.0', '600k'),
  (2, 'h264_main_480p_1000', 'H.264 main, 480 lines, 1000 kbit/s', '480', 'main', '3.1', '1000k'),
  (3, 'h264_main_720p_3000', 'H.264 main, 720 lines, 3000 kbit/s', '720', 'main', '4.0', '3000k'),
  (4, 'h264_main_1080p_6000', 'H.264 main, 1080 lines, 6000 kbit/s', '1080', 'main', '4.2', '6000k')
) as shipped (place, name, description, height, profile, level, rate)
order by place;

insert into openencoder_presets (name, description, data, output, active) values (
  'webm_vp9_720p_3000', 'VP9 in WebM, 720 lines, 3000 kbit/s',
  '{"raw" : ["-vf scale=-2:720", "-c:v libvpx-vp9", "-level:v 4.0", "-b:v 3000k", "-pix_fmt yuv420p", "-f webm", "-y"]}',
  'webm_vp9_3000_720.webm', true
);

-- What an administrator saved; secrets are sealed.
create table openencoder_settings (
  name text primary key,
  value text not null
);

-- User names that somebody gave up: tokens of before then end with that.
create table openencoder_former_names (
  name text primary key,
  left_at timestamptz not null
);
