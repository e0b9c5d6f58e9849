# The answer as a Rack app.
run ->(_env) { [200, { "Content-Type" => "text/plain" }, ["{{version}}"]] }
