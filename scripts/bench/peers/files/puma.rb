# Two workers, which load the app themselves: a phased restart needs that.
environment "production"
workers 2
preload_app! false
bind "tcp://127.0.0.1:{{port}}"
rackup "{{dir}}/answer.ru"
quiet
