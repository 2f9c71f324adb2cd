-- How HAProxy asks Gatepost about a request. For HAProxy 2.6 or later; needs nothing else.
core.register_action("gatepost", { "http-req" }, function(txn, app)
  -- What belongs to one connection or to a body: the question has none.
  local drop = { ["content-length"]=1, ["transfer-encoding"]=1, connection=1, upgrade=1, expect=1 }
  local ask, f = {}, txn.f
  for name, values in pairs(txn.http:req_get_headers()) do
    if not drop[name] and name:sub(1, 12) ~= "x-forwarded-" then
      ask[name] = {}
      for _, v in pairs(values) do table.insert(ask[name], v) end
    end
  end
  ask["x-forwarded-for"], ask["x-forwarded-proto"] = { f:src() }, { f:ssl_fc() == 1 and "https" or "http" }
  ask["x-forwarded-host"], ask["x-forwarded-method"] = { f:req_fhdr("host") }, { f:method() }
  ask["x-forwarded-uri"] = { f:pathq() }

  local url = "http://127.0.0.1:8080/forward-auth/answer?app=" .. app
  local res = core.httpclient():get{ url = url, headers = ask, timeout = 2000 }

  -- Only a 2xx passes. It says who someone is, and each name is set, also where it is empty.
  if res and res.status >= 200 and res.status < 300 then
    for name, values in pairs(res.headers) do
      if name:sub(1, 7) == "remote-" then txn.http:req_set_header(name, values[0] or "") end
    end
    return
  end

  -- Anything else is the answer, or a 502 if there is none.
  local reply, status = txn:reply(), res and res.status or 0
  local is_answer = status >= 300 and status < 500
  reply:set_status(is_answer and status or 502)
  if is_answer then
    for name, values in pairs(res.headers) do
      if not drop[name] then
        for _, v in pairs(values) do reply:add_header(name, v) end
      end
    end
    reply:set_body(res.body or "")
  end
  txn:done(reply)
end, 1)
